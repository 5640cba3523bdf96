import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Wanted } from "../../src/haproxy/assign.ts";
import { reconcile, slotNames } from "../../src/haproxy/reconcile.ts";
import type { ServerSeen } from "../../src/haproxy/server.ts";

const slot = (name: string, more: Partial<ServerSeen> = {}): ServerSeen => ({
  backend: "web",
  name,
  host: "0.0.0.0",
  port: 0,
  admin: 5,
  operational: 0,
  weight: 100,
  configuredWeight: 100,
  agentAddress: null,
  agentPort: 0,
  status: "MAINT",
  sessions: 0,
  unchangedSeconds: 0,
  agentHealth: null,
  checkHealthy: null,
  agentConfigured: false,
  agentEnabled: false,
  agentAsking: false,
  checkConfigured: true,
  checkEnabled: true,
  ...more,
});
const serving = (name: string, host: string, more: Partial<ServerSeen> = {}): ServerSeen =>
  slot(name, { host, port: 80, admin: 4, status: "UP", ...more });
const want = (name: string, host: string, more: Partial<Wanted> = {}): Wanted => ({
  name,
  host,
  port: 80,
  use: "serve",
  percent: 100,
  fullWeight: null,
  ...more,
});
const look = (
  seen: readonly ServerSeen[],
  wanted: readonly Wanted[],
  emptying: ReadonlyMap<string, number> = new Map(),
  now = 0,
  incomplete = false,
) => reconcile({ backend: "web", seen, wanted, incomplete, emptying, drainForMs: 30_000, now });

/** A HAProxy that takes commands as the real one does. */
function play(seen: readonly ServerSeen[], commands: readonly string[]): ServerSeen[] {
  const byName = new Map(seen.map((each) => [each.name, each]));
  for (const command of commands) {
    const [, name = "", rest = ""] =
      /^(?:set server|enable health|enable agent) web\/(\S+)\s?(.*)$/.exec(command) ?? [];
    const was = byName.get(name);
    if (was === undefined) throw new Error(`no server ${name}: ${command}`);
    const [, host = "", port] = /^addr (\S+) port (\d+)$/.exec(rest) ?? [];
    const [, state] = /^state (\w+)$/.exec(rest) ?? [];
    const [, weight] = /^weight (\d+)$/.exec(rest) ?? [];
    let now = was;
    if (port !== undefined) now = { ...now, host, port: Number(port) };
    if (weight !== undefined) now = { ...now, weight: Number(weight) };
    if (state !== undefined)
      now = {
        ...now,
        admin: state === "ready" ? 4 : state === "maint" ? 5 : 12,
        status: state === "maint" ? "MAINT" : "UP",
      };
    if (command.startsWith("enable health")) now = { ...now, checkEnabled: true };
    byName.set(name, now);
  }
  return [...byName.values()];
}

describe("owned slots", () => {
  it("give a new target the first free slot: address, weight, health, then ready", () => {
    const { commands, slots } = look(
      [slot("s1", { weight: 50, checkEnabled: false }), slot("s2")],
      [want("a", "10.0.0.1")],
    );
    expect(commands).toEqual([
      "set server web/s1 addr 10.0.0.1 port 80",
      "set server web/s1 weight 100",
      "enable health web/s1",
      "set server web/s1 state ready",
    ]);
    expect(slots).toEqual(new Map([["a", "s1"]]));
  });

  it("adopt what HAProxy has: nothing is said when all is as it should be", () => {
    expect(
      look([serving("s1", "10.0.0.2"), serving("s2", "10.0.0.1")], [want("a", "10.0.0.1"), want("b", "10.0.0.2")])
        .commands,
    ).toEqual([]);
  });

  it("give a returning target its former slot back", () => {
    const seen = [slot("s1"), slot("s2", { host: "10.0.0.1", port: 80 })];
    expect(look(seen, [want("a", "10.0.0.1")]).slots.get("a")).toBe("s2");
  });

  it("empty the slot of a target that left: drain, wait for its sessions, then maintenance", () => {
    const first = look([serving("s1", "10.0.0.1", { sessions: 2 })], [], new Map(), 1000);
    expect(first.commands).toEqual(["set server web/s1 state drain"]);
    expect([...first.emptying.keys()]).toEqual(["s1"]);
    const draining = serving("s1", "10.0.0.1", { sessions: 2, admin: 12 });
    expect(look([draining], [], first.emptying, 2000).commands).toEqual([]);
    expect(look([{ ...draining, sessions: 0 }], [], first.emptying, 3000).commands).toEqual([
      "set server web/s1 state maint",
    ]);
    expect(look([draining], [], first.emptying, 31_000).commands).toEqual(["set server web/s1 state maint"]);
    // Sessions that were not asked for are not none.
    expect(look([{ ...draining, sessions: null }], [], first.emptying, 3000).commands).toEqual([]);
  });

  it("bring a target that returns while its slot drains back at once, whatever HAProxy's check said meanwhile", () => {
    const draining = serving("s1", "10.0.0.1", { admin: 12, operational: 0, status: "DOWN" });
    expect(look([draining], [want("a", "10.0.0.1")]).commands).toEqual([
      "set server web/s1 state ready",
      "set server web/s1 health up",
    ]);
  });

  it("take nothing from a target nobody has spoken of, nor while somebody's address is unknown", () => {
    const seen = [serving("s1", "10.0.0.1"), serving("s2", "10.0.0.2")];
    const hold = want("a", "10.0.0.1", { use: "hold" });
    expect(look(seen, [hold, want("b", "10.0.0.2")]).commands).toEqual([]);
    expect(look(seen, [hold], new Map(), 0, true).commands).toEqual([]);
    expect(look(seen, [hold]).commands).toEqual(["set server web/s2 state drain"]);
    expect(look([slot("s1")], [hold]).commands).toEqual([]);
  });

  it("keep the slots of those who left for them: new ones take what nobody had, then what is free longest", () => {
    const free = (name: string, host: string, unchangedSeconds: number): ServerSeen =>
      slot(name, { host, port: 80, unchangedSeconds });
    const seen = [free("s1", "10.0.0.1", 50), free("s2", "10.0.0.2", 90), slot("s3"), slot("s4")];
    const many = ["7", "8", "9"].map((last) => want(last, `10.0.0.${last}`));
    expect([...look(seen, many).slots]).toEqual([
      ["7", "s3"],
      ["8", "s4"],
      ["9", "s2"],
    ]);
  });

  it("lend the slot of a target that is out when no other is free, and never that of one that serves", () => {
    const seen = [slot("s1", { host: "10.0.0.1", port: 80 }), serving("s2", "10.0.0.2")];
    const out = want("a", "10.0.0.1", { use: "off" });
    const lent = look(seen, [out, want("b", "10.0.0.2"), want("c", "10.0.0.3")]);
    expect(Object.fromEntries(lent.slots)).toEqual({ b: "s2", c: "s1" });
    expect(lent.homeless).toEqual([]);
    const after = [serving("s1", "10.0.0.3"), serving("s2", "10.0.0.2")];
    const back = look(after, [want("a", "10.0.0.1"), want("b", "10.0.0.2"), want("c", "10.0.0.3")]);
    expect([back.commands, back.homeless]).toEqual([[], ["a"]]);
  });

  it("take a failed target out at once and keep its slot for it", () => {
    expect(look([serving("s1", "10.0.0.1")], [want("a", "10.0.0.1", { use: "off" })]).commands).toEqual([
      "set server web/s1 state maint",
    ]);
    expect(look([serving("s1", "10.0.0.1")], [want("a", "10.0.0.1", { use: "drain" })]).commands).toEqual([
      "set server web/s1 state drain",
    ]);
  });

  it("evict nobody when there are too few of them", () => {
    const { homeless, commands } = look([serving("s1", "10.0.0.1")], [want("a", "10.0.0.1"), want("b", "10.0.0.2")]);
    expect([homeless, commands]).toEqual([["b"], []]);
  });

  it("never let an address serve twice", () => {
    const { commands } = look([serving("s1", "10.0.0.1"), serving("s2", "10.0.0.1")], [want("a", "10.0.0.1")]);
    expect(commands).toEqual(["set server web/s2 state drain"]);
  });

  it("set weights in absolute numbers that are never 0 for a target that serves", () => {
    const small = serving("s1", "10.0.0.1", { weight: 10, configuredWeight: 10 });
    expect(look([small], [want("a", "10.0.0.1", { percent: 1 })]).commands).toEqual(["set server web/s1 weight 1"]);
    const asked = want("a", "10.0.0.1", { percent: 50, fullWeight: 30 });
    expect(look([small], [asked]).commands).toEqual(["set server web/s1 weight 15"]);
  });

  it.each([
    ["web1..3", ["web1", "web2", "web3"]],
    [
      ["a", "b"],
      ["a", "b"],
    ],
    ["only", ["only"]],
    ["x9..11", ["x9", "x10", "x11"]],
  ])("are named %j", (written, names) => {
    expect(slotNames(written as string)).toEqual(names);
  });

  it("come to rest after one look, with no address twice, from any state", () => {
    const host = fc.integer({ min: 1, max: 6 }).map((n) => `10.0.0.${n}`);
    const seenSlot = fc.record({
      host,
      admin: fc.constantFrom(4, 5, 12),
      weight: fc.integer({ min: 0, max: 100 }),
      sessions: fc.constant(0),
    });
    const target = fc.record({
      host,
      use: fc.constantFrom<Wanted["use"]>("serve", "drain", "off", "hold"),
      percent: fc.integer({ min: 0, max: 100 }),
    });
    const wantedSet = fc.uniqueArray(target, { selector: (each) => each.host, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(seenSlot, { maxLength: 6 }), wantedSet, (slots, targets) => {
        let seen = slots.map((each, index) =>
          slot(`s${index}`, { ...each, port: 80, status: each.admin === 5 ? "MAINT" : "UP" }),
        );
        const wanted = targets.map((each) => want(each.host, each.host, each));
        let emptying: ReadonlyMap<string, number> = new Map();
        for (let round = 0; round < 3; round += 1) {
          const result = look(seen, wanted, emptying);
          emptying = result.emptying;
          seen = play(seen, result.commands);
        }
        expect(look(seen, wanted, emptying).commands).toEqual([]);
        const active = seen.filter(({ status }) => status !== "MAINT").map((each) => each.host);
        expect(new Set(active).size).toBe(active.length);
        const served = wanted.filter(({ use }) => use === "serve");
        expect(served.filter((each) => active.includes(each.host)).length).toBe(
          Math.min(served.length, served.length - look(seen, wanted).homeless.length),
        );
      }),
      { numRuns: 3000 },
    );
  });
});
