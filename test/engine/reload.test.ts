import { afterEach, describe, expect, it } from "vitest";
import { breathe } from "./fake-clock.ts";
import { checkOf, poolOf, type Rig, rig, ScriptedCheck, seen, settingsOf, target } from "./rig.ts";

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

const targets = [target("a"), target("b")];

it("leaves a pool with an equal key untouched", async () => {
  const one = make();
  const pool = poolOf("web", { checks: [checkOf(one.check)], targets });
  await one.engine.configure(settingsOf(pool));
  await one.clock.advance(500);
  const view = one.engine.board.pool("web");
  await one.engine.configure(settingsOf(pool));
  expect(one.engine.board.pool("web")).toBe(view);
  expect(one.check.opened).toEqual(["a", "b"]);
});

it("keeps states, memory and probes when the policy alone changed", async () => {
  const one = make();
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(500);
  const since = one.engine.board.get("web/a")?.verdict?.since;
  const changed = poolOf("web", {
    checks: [checkOf(one.check, { everyMs: 500 })],
    targets,
    policy: { haproxyWeight: 10 },
  });
  await one.engine.configure(settingsOf(changed));
  expect(one.engine.board.pool("web")?.policy.haproxyWeight).toBe(10);
  expect(one.engine.board.get("web/a")?.verdict).toMatchObject({ state: "up", since });
  expect(one.check.opened).toEqual(["a", "b"]);
  await one.clock.advance(2000);
  expect(one.check.times("a")).toEqual([0, 1000, 1500, 2000, 2500]);
});

it("opens new probes for a changed check and keeps the verdicts until these have spoken", async () => {
  const one = make();
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(500);
  const next = new ScriptedCheck(() => one.clock.now());
  next.reply = null;
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(next, {}, "changed")], targets })));
  await one.clock.advance(100);
  expect(one.check.closed.sort()).toEqual(["a", "b"]);
  expect(one.check.checksClosed).toBe(1);
  expect(next.opened).toEqual(["a", "b"]);
  expect(one.state("web/a")).toBe("up");
  next.last("a").answer("fail", "refused");
  await breathe();
  expect(one.state("web/a")).toBe("up"); // one of three
  next.reply = ({ name }) => seen(name === "a" ? "fail" : "pass");
  await one.clock.advance(1000);
  expect(one.state("web/a")).toBe("down");
});

it("never takes a probe that a reload cancelled for an observation", async () => {
  const one = make();
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(500);
  one.check.reply = null;
  await one.clock.advance(1600);
  const cancelled = one.check.last("a");
  const next = new ScriptedCheck(() => one.clock.now());
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(next, { fall: 1 }, "changed")], targets })));
  await one.clock.advance(5000);
  expect(cancelled.signal.aborted).toBe(true);
  const outcomes = one.engine.journal
    .about("web/a")
    .flatMap(({ what }) => ("kind" in what && what.kind === "observed" ? [what.seen.outcome] : []));
  expect(new Set(outcomes)).toEqual(new Set(["pass"]));
});

it("removes a pool that is configured no more: probes closed, board and journal empty", async () => {
  const one = make();
  const web = poolOf("web", { checks: [checkOf(one.check)], targets });
  await one.engine.configure(settingsOf(web, poolOf("other", { targets })));
  await one.clock.advance(500);
  const seenViews: (readonly [string, number])[] = [];
  const stop = new AbortController();
  one.engine.board.follow((view) => seenViews.push([view.pool, view.rows.size]), stop.signal);
  await one.engine.configure(settingsOf(poolOf("other", { targets })));
  stop.abort();
  expect(one.engine.board.pool("web")).toBeNull();
  expect(one.engine.board.get("web/a")).toBeNull();
  expect(one.engine.journal.about("web/a")).toEqual([]);
  expect(one.check.closed.sort()).toEqual(["a", "b"]);
  expect(seenViews).toContainEqual(["web", 0]);
});

it("goes on as before when anything of the new settings does not start", async () => {
  const one = make();
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(500);
  const next = new ScriptedCheck(() => one.clock.now());
  const web = poolOf("web", { checks: [checkOf(next, {}, "changed")], targets: [target("c")] });
  const added = poolOf("added", { targets });
  const part = { key: "port 80", start: async () => Promise.reject(new Error("port 80 is taken")) };
  const failed = one.engine.configure(settingsOf(web, added), [{ part, holds: ["pool:web"] }]);
  await expect(failed).rejects.toThrow("port 80 is taken");
  expect(one.engine.board.pool("added")).toBeNull();
  expect([...(one.engine.board.pool("web")?.rows.keys() ?? [])]).toEqual(["a", "b"]);
  await one.clock.advance(3000);
  expect(one.state("web/a")).toBe("up");
  expect(one.engine.board.get("web/a")?.health[0]?.last?.outcome).toBe("pass");
  expect(next.checksClosed).toBe(1);
});

it("starts a check that cannot be made not at all, and says why", async () => {
  const one = make();
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(500);
  const broken = new ScriptedCheck(() => 0);
  broken.create = () => {
    throw new Error("ca cannot be read");
  };
  const checks = [checkOf(one.check), checkOf(broken, {}, "broken")];
  await expect(one.engine.configure(settingsOf(poolOf("web", { checks, targets })))).rejects.toThrow(
    "ca cannot be read",
  );
  await one.clock.advance(2000);
  expect(one.engine.board.pool("web")?.checks).toHaveLength(1);
  expect(one.check.closed).toEqual([]);
  expect(one.check.times("a")).toEqual([0, 2000]);
});

it("stops within its time although a checker does not close, and asks nobody afterwards", async () => {
  const one = make();
  one.check.create = () => ({
    open: () => ({ ask: () => new Promise(() => {}), close: () => new Promise(() => {}) }),
    close: () => new Promise(() => {}),
  });
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(100);
  let stopped = false;
  const done = one.engine.stop(1500).then(() => {
    stopped = true;
  });
  await one.clock.advance(1600);
  expect(stopped).toBe(true);
  await done;
});

it("keeps the last view on the board when it stops: agents answer from it to the end", async () => {
  const one = make();
  await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
  await one.clock.advance(500);
  await one.stop();
  expect(one.state("web/a")).toBe("up");
  const asked = one.check.asked.length;
  await one.clock.advance(60_000);
  expect(one.check.asked).toHaveLength(asked);
});

describe("a reload that changes the list of checks", () => {
  /** Two checks of a pool: `good` passes, `bad` fails; with `reply` null nobody answers after the reload. */
  async function twoChecks(require: "all" | "any", order: readonly ("good" | "bad")[]) {
    const one = make();
    const good = new ScriptedCheck(() => one.clock.now());
    const bad = new ScriptedCheck(() => one.clock.now());
    bad.reply = () => seen("fail");
    const checks = { good: checkOf(good, {}, "good"), bad: checkOf(bad, {}, "bad") };
    const web = (...names: readonly ("good" | "bad")[]) =>
      settingsOf(poolOf("web", { checks: names.map((name) => checks[name]), targets, policy: { require } }));
    await one.engine.configure(web(...order));
    await one.clock.advance(1500);
    const told: (string | null)[] = [];
    one.engine.board.follow(() => told.push(one.state("web/a")), new AbortController().signal);
    return { one, good, bad, web, told };
  }

  it("gives what a removed check found to no other one: a broken check that goes takes nobody down", async () => {
    const { one, web, told } = await twoChecks("any", ["bad", "good"]);
    expect(one.state("web/a")).toBe("up");
    await one.engine.configure(web("good"));
    await one.clock.advance(3000);
    expect(new Set(told)).toEqual(new Set(["up"]));
  });

  it("gives what a removed check found to no other one: a good check that goes leaves nobody up", async () => {
    const { one, web, told } = await twoChecks("all", ["good", "bad"]);
    expect(one.state("web/a")).toBe("down");
    await one.engine.configure(web("bad"));
    await one.clock.advance(3000);
    expect(new Set(told)).toEqual(new Set(["down"]));
  });

  it.each([
    { require: "all", to: ["good"], ends: "up" },
    { require: "any", to: ["bad"], ends: "down" },
  ] as const)("goes by the check that is left of two with require $require", async ({ require, to, ends }) => {
    const { one, web } = await twoChecks(require, ["good", "bad"]);
    await one.engine.configure(web(...to));
    await one.clock.advance(3000);
    expect(one.state("web/a")).toBe(ends);
  });

  it("changes nothing when checks only change places, and keeps their probes", async () => {
    const { one, good, bad, web, told } = await twoChecks("all", ["good", "bad"]);
    const health = one.engine.board.get("web/a")?.health;
    await one.engine.configure(web("bad", "good"));
    expect(one.engine.board.get("web/a")?.health).toEqual([health?.[1], health?.[0]]);
    await one.clock.advance(3000);
    expect(new Set(told)).toEqual(new Set(["down"]));
    expect([good.opened, bad.opened]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    expect(one.engine.board.get("web/a")?.health.map(({ last }) => last?.outcome)).toEqual(["fail", "pass"]);
    expect(good.times("a").length).toBeGreaterThan(1);
  });

  it("keeps the verdicts of a pool without checks until its first check has confirmed another", async () => {
    const one = make();
    await one.engine.configure(settingsOf(poolOf("web", { targets })));
    await one.clock.advance(2000);
    expect(one.state("web/a")).toBe("up");
    one.check.reply = null;
    await one.engine.configure(settingsOf(poolOf("web", { checks: [checkOf(one.check)], targets })));
    await one.clock.advance(500);
    expect(one.state("web/a")).toBe("up");
    one.check.last("a").answer("fail");
    one.check.reply = ({ name }) => seen(name === "a" ? "fail" : "pass");
    await breathe();
    expect(one.state("web/a")).toBe("up"); // one of three
    await one.clock.advance(1000);
    expect([one.state("web/a"), one.state("web/b")]).toEqual(["down", "up"]);
  });
});
