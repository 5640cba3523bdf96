import { afterEach, expect, it } from "vitest";
import { breathe } from "./fake-clock.ts";
import { checkOf, poolOf, type Rig, rig, ScriptedSource, seen, settingsOf, sourceOf, target } from "./rig.ts";

let open: Rig[] = [];
const make = (...args: Parameters<typeof rig>): Rig => {
  const made = rig(...args);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const one of open) await one.stop();
  for (const one of open) expect(one.clock.waiting()).toBe(0);
  open = [];
});

const discovered = (name: string): string => `10.0.0.1-${target(name).port}`;
const [a, b, c] = ["a", "b", "c"].map(discovered);
const rows = ({ engine }: Rig): readonly string[] => [...(engine.board.pool("web")?.rows.keys() ?? [])];
const codes = ({ engine }: Rig): readonly string[] => (engine.board.pool("web")?.alarms ?? []).map(({ code }) => code);
const pool = ({ check, source }: Rig, more: Parameters<typeof poolOf>[1] = {}) =>
  poolOf("web", { checks: [checkOf(check)], sources: [sourceOf(source)], nameTemplate: "{name}", ...more });

async function started(names: readonly string[], more: Parameters<typeof poolOf>[1] = {}): Promise<Rig> {
  const one = make();
  one.source.names(...names.map((name) => target(name)));
  one.source.everyMs = 10_000;
  await one.engine.configure(settingsOf(pool(one, more)));
  await one.clock.advance(1000);
  return one;
}

it("brings new targets and lets gone ones go without a restart; gone is removed, not down", async () => {
  const one = await started(["a", "b", "c"]);
  expect(rows(one)).toEqual(["a", "b", "c"]);
  expect(one.state("web/c")).toBe("up");
  one.source.names(target("a"), target("b"), target("d"));
  await one.clock.advance(10_000);
  expect(rows(one)).toEqual(["a", "b", "d"]);
  expect(one.state("web/d")).toBe("up");
  expect(one.check.closed).toEqual(["c"]);
  expect(one.lines.filter((line) => line.includes("web/c"))).toEqual([
    expect.stringContaining("web/c: up: "),
    expect.stringContaining("web/c: up -> left"),
  ]);
});

it("names discovered targets host-port unless told otherwise", async () => {
  const one = await started(["a"], { nameTemplate: "{host}-{port}" });
  expect(rows(one)).toEqual([a]);
});

it("names them anew when the template changes, and holds none under its old name", async () => {
  const one = await started(["a", "b", "c"]);
  await one.engine.configure(settingsOf(pool(one, { nameTemplate: "{host}-{port}" })));
  await one.clock.advance(1000);
  expect(rows(one)).toEqual([a, b, c]);
  expect(codes(one)).toEqual([]);
});

it("asks the source again when it hints, but not in a loop", async () => {
  const one = await started(["a"]);
  one.source.names(target("a"), target("b"));
  for (let i = 0; i < 50; i++) one.source.env?.hint("changed");
  await one.clock.advance(150);
  expect(rows(one)).toEqual(["a", "b"]);
  expect(one.source.asked).toBe(2);
});

it("keeps the last list when the source fails, says so once, and goes on asking", async () => {
  const one = await started(["a", "b"]);
  one.source.list = async () => Promise.reject(new Error("connection refused"));
  one.source.env?.hint("gone");
  await one.clock.advance(60_000);
  expect(rows(one)).toEqual(["a", "b"]);
  expect(codes(one)).toEqual(["source-away"]);
  expect(one.lines.filter((line) => line.includes("connection refused") && line.startsWith("warn"))).toHaveLength(2);
  expect(one.source.asked).toBeGreaterThan(5);
  one.source.names(target("a"), target("b"));
  await one.clock.advance(10_000);
  expect(codes(one)).toEqual([]);
});

it("gives up waiting for a source that never answers, and asks again", async () => {
  const one = await started(["a"]);
  one.source.list = () => new Promise(() => {});
  one.source.env?.hint("now");
  await one.clock.advance(12_000);
  expect(codes(one)).toEqual(["source-away"]);
  expect(rows(one)).toEqual(["a"]);
});

it("reports entries that are no targets and works with the rest", async () => {
  const one = make();
  one.source.list = () => ({ targets: [target("a")], refused: [{ entry: "x:y", why: "is no host:port" }] });
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(100);
  expect(rows(one)).toEqual(["a"]);
  expect(one.engine.board.pool("web")?.alarms).toMatchObject([
    { code: "entry-refused", text: expect.stringContaining("x:y is no host:port") },
  ]);
});

it("takes the same name at another address for a new target", async () => {
  const one = await started(["a", "b"]);
  one.check.reply = null;
  one.source.names({ ...target("a"), port: 9 }, target("b"));
  one.source.env?.hint("moved");
  await one.clock.advance(200);
  expect(one.check.opened).toEqual(["a", "b", "a"]);
  expect(one.check.closed).toEqual(["a"]);
  expect(one.engine.board.get("web/a")?.health[0]).toMatchObject({ state: "unknown", observedAt: null });
});

it("lets static targets win, and joins several sources", async () => {
  const one = make();
  const second = new ScriptedSource();
  one.source.names(target("a", 1), target("b", 2));
  second.names(target("b", 3), target("c", 4));
  const sources = [sourceOf(one.source, "one"), sourceOf(second, "two")];
  await one.engine.configure(settingsOf(pool(one, { sources, targets: [target("a", 9)] })));
  await one.clock.advance(100);
  const ports = [...(one.engine.board.pool("web")?.rows.values() ?? [])].map((row) => row.target.port);
  expect(ports).toEqual([9, 2, 4]);
});

it("holds passing targets when most of a list vanishes, and lets them go when their time is up", async () => {
  const one = await started(["a", "b", "c"]);
  one.source.names();
  one.source.env?.hint("emptied");
  await one.clock.advance(200);
  expect(rows(one)).toEqual(["a", "b", "c"]);
  expect(codes(one)).toEqual(["list-shrunk"]);
  await one.clock.advance(590_000);
  expect(rows(one)).toHaveLength(3);
  await one.clock.advance(10_000);
  expect(rows(one)).toEqual([]);
  expect(codes(one)).not.toContain("list-shrunk");
});

it("lets a held target go at once when its probe fails", async () => {
  const one = await started(["a", "b", "c"]);
  one.source.names();
  one.source.env?.hint("emptied");
  await one.clock.advance(200);
  one.check.reply = ({ name }) => seen(name === "b" ? "fail" : "pass");
  await one.clock.advance(2000);
  expect(rows(one)).toEqual(["a", "c"]);
});

it("lets a held target go whose address has another name now", async () => {
  const one = await started(["a", "b", "c"]);
  one.source.names(target("x", target("b").port));
  one.source.env?.hint("changed");
  await one.clock.advance(200);
  expect([...rows(one)].sort()).toEqual(["a", "c", "x"]);
});

it("holds the only replica while its primary, which has restarted, does not name it yet; one that was promoted is not held", async () => {
  const one = make();
  const primary = { ...target("primary", 1), part: "backup" as const };
  one.source.names(primary, target("a", 2));
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(5000);
  one.check.reply = ({ name }) => seen(name === "a" ? "warn" : "pass");
  one.source.names(primary);
  one.source.env?.hint("reconnected");
  await one.clock.advance(5000);
  expect([...rows(one)].sort()).toEqual(["a", "primary"]);
  one.source.names({ ...primary, port: 2 });
  one.source.env?.hint("fail-over");
  await one.clock.advance(5000);
  expect(rows(one)).toEqual(["primary"]);
  expect(codes(one)).not.toContain("list-shrunk");
});

it("lets a held target go whose address turns up in another pool, but not one that both had from the start", async () => {
  const one = make();
  const [moved, shared, other] = [target("moved", 1), target("shared", 2), target("other", 3)];
  one.source.names(moved, shared, other);
  const web = pool(one);
  const db = poolOf("db", { targets: [{ ...shared, name: "same" }] });
  await one.engine.configure(settingsOf(web, db));
  await one.clock.advance(20_000);
  one.source.names();
  one.source.env?.hint("emptied");
  await one.clock.advance(500);
  expect(rows(one)).toHaveLength(3);
  const grown = poolOf("db", { ...db, targets: [...db.targets, { ...moved, name: "new" }] });
  await one.engine.configure(settingsOf(web, grown));
  expect([...rows(one)].sort()).toEqual(["other", "shared"]);
});

it("is not settled while the only source has not answered and nothing is known", async () => {
  const one = make();
  one.source.list = async () => Promise.reject(new Error("not yet"));
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(30_000);
  expect(one.engine.board.pool("web")?.settled).toBe(false);
  one.source.names(target("a"));
  await one.clock.advance(11_000);
  expect(one.engine.board.pool("web")?.settled).toBe(true);
  expect(one.state("web/a")).toBe("up");
});

it("closes sources that are configured no more and leaves equal ones alone", async () => {
  const one = await started(["a"]);
  const asked = one.source.asked;
  await one.engine.configure(settingsOf(pool(one, { policy: { rampMs: 5 } })));
  expect(one.source.closed).toBe(0);
  expect(one.source.asked).toBe(asked);
  await one.engine.configure(settingsOf(pool(one, { sources: [], targets: [target("a")] })));
  await breathe();
  expect(one.source.closed).toBe(1);
  expect(rows(one)).toEqual(["a"]);
});
