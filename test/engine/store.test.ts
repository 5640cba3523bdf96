import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultPoolPolicy } from "../../src/core/policy.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { checkOf, poolOf, type Rig, rig, ScriptedCheck, seen, settingsOf, sourceOf, target } from "./rig.ts";

let dir = "";
let open: Rig[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "checkd-store-"));
});
afterEach(async () => {
  for (const one of open) await one.stop();
  open = [];
  rmSync(dir, { recursive: true });
});

const file = (): string => join(dir, "pools", "db%2F1.json");
const pool = (one: Rig) =>
  poolOf("db/1", { checks: [checkOf(one.check)], sources: [sourceOf(one.source)], nameTemplate: "{name}" });

async function daemon(fake: FakeClock): Promise<Rig> {
  const one = rig({ fake, stateDir: dir });
  open.push(one);
  one.source.names(target("a"), target("b"));
  return one;
}

/** Files of pools with their times. */
function onDisk(): string {
  const folder = join(dir, "pools");
  if (!existsSync(folder)) return "";
  const timed = (name: string): string => `${name} ${statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs}`;
  return readdirSync(folder).map(timed).join("\n");
}

/** Lets what was begun on the disk end, on a slow one too, while the clock stands. */
async function quietDisk(): Promise<void> {
  let seen = "";
  for (let quiet = 0, rounds = 0; quiet < 3 && rounds < 100; rounds++) {
    await new Promise((done) => setTimeout(done, 30));
    const now = onDisk();
    quiet = now === seen && !now.includes(".new ") ? quiet + 1 : 0;
    seen = now;
  }
}

const settleDisk = async (one: Rig): Promise<void> => {
  for (let i = 0; i < 50; i++) await one.clock.advance(20);
  await quietDisk();
  await one.clock.advance(1100);
  await quietDisk();
};

async function killedAfter(states: Readonly<Record<string, "pass" | "fail">>): Promise<Rig> {
  const one = await daemon(createFakeClock());
  one.check.reply = ({ name }) => seen(states[name] ?? "pass", `${name} says so`);
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(5000);
  await settleDisk(one);
  return one;
}

const state = (one: Rig, name: string): string | undefined =>
  one.engine.board.pool("db/1")?.rows.get(name)?.verdict?.state;

it("forgets pools that are gone after a month, not sooner, and never one that is configured", async () => {
  const one = await daemon(createFakeClock());
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(5000);
  await settleDisk(one);
  const ages: Readonly<Record<string, number>> = {
    "old.json": 31,
    "old.json.bad": 31,
    "new.json": 29,
    "db%2F1.json": 99,
  };
  for (const [name, days] of Object.entries(ages)) {
    const path = join(dir, "pools", name);
    if (name !== "db%2F1.json") writeFileSync(path, "{}");
    const at = new Date(one.clock.wall() - days * 86_400_000);
    utimesSync(path, at, at);
  }
  await one.engine.configure(settingsOf(pool(one)));
  expect(readdirSync(join(dir, "pools")).sort()).toEqual(["db%2F1.json", "new.json"]);
});

it("remembers verdicts through a kill: a blip right after the restart counts as one of three, not as the first word", async () => {
  const one = await killedAfter({ a: "pass", b: "fail" });
  const again = await daemon(createFakeClock(one.clock.now() + 10_000));
  again.check.reply = ({ name }) => seen(name === "a" ? "fail" : "pass");
  await again.engine.configure(settingsOf(pool(again)));
  await again.clock.advance(200);
  expect([state(again, "a"), state(again, "b")]).toEqual(["up", "down"]);
  await again.clock.advance(1000);
  expect([state(again, "a"), state(again, "b")]).toEqual(["down", "up"]);
});

it("keeps the last list of a source that is away after the restart", async () => {
  const one = await killedAfter({});
  const again = await daemon(createFakeClock(one.clock.now() + 10_000));
  again.source.list = async () => Promise.reject(new Error("registry away"));
  await again.engine.configure(settingsOf(pool(again)));
  await again.clock.advance(3000);
  expect([...(again.engine.board.pool("db/1")?.rows.keys() ?? [])]).toEqual(["a", "b"]);
  expect(state(again, "a")).toBe("up");
});

it("stores wall times, so that since means the same after the restart", async () => {
  const one = await killedAfter({});
  const since = one.engine.board.pool("db/1")?.rows.get("a")?.verdict?.since;
  const steadyIsBehind = createFakeClock(one.clock.now() + 10_000 - 5_000_000);
  steadyIsBehind.shiftWall(5_000_000);
  const again = await daemon(steadyIsBehind);
  await again.engine.configure(settingsOf(pool(again)));
  await again.clock.advance(300);
  expect(again.engine.board.pool("db/1")?.rows.get("a")?.verdict?.since).toBe((since ?? 0) - 5_000_000);
});

it("does not use verdicts that are hours old, but still the lists", async () => {
  const one = await killedAfter({ a: "fail" });
  const again = await daemon(createFakeClock(one.clock.now() + 7_200_000));
  again.source.list = async () => Promise.reject(new Error("registry away"));
  await again.engine.configure(settingsOf(pool(again)));
  await again.clock.advance(3000);
  expect(state(again, "a")).toBe("up"); // its first pass decides
  expect(again.lines.join("\n")).toMatch(/warn .*db%2F1\.json is 2h old/);
});

it.each([
  ["half a file", '{"version":1,"pool":"db'],
  ["nothing", ""],
  ["another version", '{"version":2}'],
  ["a memory of another shape", '{"version":1,"pool":"db/1","savedAt":1,"memory":{"writer":7},"lists":{}}'],
])("starts without %s, with a warning, and keeps it for people to look at", async (_, text) => {
  mkdirSync(join(dir, "pools"));
  writeFileSync(file(), text);
  const one = await daemon(createFakeClock());
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(500);
  expect(state(one, "a")).toBe("up");
  expect(one.lines.filter((line) => line.includes("cannot be used"))).toHaveLength(1);
  expect(readFileSync(`${file()}.bad`, "utf8")).toBe(text);
});

it("writes at most once a second however much changes, and never leaves a stage file", async () => {
  const one = await daemon(createFakeClock());
  let flip = false;
  one.check.reply = () => seen(flip ? "pass" : "fail");
  const quick = poolOf("db/1", {
    checks: [checkOf(one.check, { everyMs: 50, fastMs: 50, rise: 1, fall: 1 })],
    targets: [target("a")],
  });
  await one.engine.configure(settingsOf(quick));
  await one.clock.advance(100);
  const savedAt = new Set<number>();
  for (let i = 0; i < 60; i++) {
    flip = !flip;
    await one.clock.advance(50);
    await new Promise((done) => setTimeout(done, 3));
    const text = readdirSync(join(dir, "pools")).includes("db%2F1.json") ? readFileSync(file(), "utf8") : "";
    if (text !== "") savedAt.add(JSON.parse(text).savedAt);
  }
  expect(savedAt.size).toBeGreaterThanOrEqual(2);
  expect(savedAt.size).toBeLessThanOrEqual(5);
  await one.engine.stop(100);
  expect(readdirSync(join(dir, "pools"))).toEqual(["db%2F1.json"]);
});

it("goes on when the folder cannot be written, and says so once", async () => {
  rmSync(dir, { recursive: true });
  writeFileSync(dir, "in the way");
  const one = rig({ stateDir: dir });
  open.push(one);
  one.source.names(target("a"), target("b"));
  await one.engine.configure(settingsOf(pool(one)));
  await one.clock.advance(5000);
  await settleDisk(one);
  expect(state(one, "a")).toBe("up");
  expect(one.lines.filter((line) => line.includes("cannot be written"))).toHaveLength(1);
});

/** A writer pool of a and b; the second answers nothing but fails until it is told otherwise. */
const writers = (one: Rig) =>
  poolOf("db/1", {
    checks: [checkOf(one.check)],
    targets: [target("a"), target("b")],
    policy: { ...defaultPoolPolicy, role: "writer", handoverMs: 10_000 },
  });

async function writerDaemon(fake: FakeClock, leader: () => string): Promise<Rig> {
  const one = await daemon(fake);
  one.check.reply = ({ name }) => seen(name === leader() ? "pass" : "fail");
  await one.engine.configure(settingsOf(writers(one)));
  return one;
}

it("keeps at once who the writer is, as another one must not be let up beside it after a kill", async () => {
  const one = await writerDaemon(createFakeClock(), () => "a");
  await one.clock.advance(200);
  await quietDisk();
  await one.clock.advance(1);
  await quietDisk();
  expect(state(one, "a")).toBe("up");
  expect(JSON.parse(readFileSync(file(), "utf8")).memory.served).toBe("a");
});

it("begins a hand-over anew that was not over when it was killed, however long ago that was", async () => {
  let leader = "a";
  const one = await writerDaemon(createFakeClock(), () => leader);
  await one.clock.advance(5000);
  leader = "nobody";
  await one.clock.advance(3000);
  expect(state(one, "a")).toBe("down");
  await settleDisk(one);
  leader = "b";
  const again = await writerDaemon(createFakeClock(one.clock.now() + 60_000), () => leader);
  await again.clock.advance(3000);
  expect([state(again, "a"), state(again, "b")]).toEqual(["down", "down"]);
  await again.clock.advance(10_000);
  expect(state(again, "b")).toBe("up");
});

describe("after a restart with other checks", () => {
  const scripts = (one: Rig, outcomes: Readonly<Record<string, "pass" | "fail" | null>>) =>
    Object.entries(outcomes).map(([name, outcome]) => {
      const script = new ScriptedCheck(() => one.clock.now());
      script.reply = outcome === null ? null : () => seen(outcome, `${name} says so`);
      return { ...checkOf(script, {}, name), options: { name } };
    });
  const healths = (one: Rig) =>
    one.engine.board
      .pool("db/1")
      ?.rows.get("a")
      ?.health.map(({ state }) => state);

  async function ran(outcomes: Readonly<Record<string, "pass" | "fail" | null>>, at?: number): Promise<Rig> {
    const one = await daemon(createFakeClock(at));
    const checks = scripts(one, outcomes);
    await one.engine.configure(settingsOf(poolOf("db/1", { checks, targets: [target("a")] })));
    await one.clock.advance(at === undefined ? 5000 : 1);
    if (at === undefined) await settleDisk(one);
    return one;
  }

  it.each<[string, Readonly<Record<string, null>>, readonly string[]]>([
    ["the same ones", { lag: null, port: null, page: null }, ["up", "down", "up"]],
    ["the first is gone", { port: null, page: null }, ["down", "up"]],
    ["one is new before them", { fresh: null, lag: null, port: null, page: null }, ["unknown", "up", "down", "up"]],
    ["they stand the other way round", { page: null, port: null, lag: null }, ["up", "down", "up"]],
    ["one asks something else now", { lag: null, other: null, page: null }, ["up", "down", "up"]],
  ])("each check goes on with its own state: %s", async (_, outcomes, states) => {
    const one = await ran({ lag: "pass", port: "fail", page: "pass" });
    expect(healths(one)).toEqual(["up", "down", "up"]);
    expect(healths(await ran(outcomes, one.clock.now() + 10_000))).toEqual(states);
  });

  it("reads a file that does not name them yet by their places", async () => {
    const one = await ran({ lag: "pass", port: "fail" });
    await one.stop();
    const kept = JSON.parse(readFileSync(file(), "utf8"));
    expect(kept.memory.checks).toEqual([expect.stringMatching(/^scripted:/), expect.stringMatching(/^scripted:/)]);
    delete kept.memory.checks;
    writeFileSync(file(), JSON.stringify(kept));
    const again = await ran({ lag: null, port: null }, one.clock.now() + 10_000);
    expect(healths(again)).toEqual(["up", "down"]);
    expect(again.lines.join("\n")).not.toContain("cannot be used");
  });
});
