import { expect, it } from "vitest";
import type { Entered } from "../../src/contract.ts";
import { defaultPoolPolicy } from "../../src/core/policy.ts";
import type { Input, PoolView, Row } from "../../src/core/types.ts";
import { LiveBoard } from "../../src/engine/board.ts";
import { LiveJournal } from "../../src/engine/journal.ts";
import { seen, target } from "./rig.ts";

const view = (pool: string, ...names: readonly string[]): PoolView => ({
  pool,
  group: null,
  revision: 1,
  policy: defaultPoolPolicy,
  checks: [],
  rows: new Map(
    names.map((name): [string, Row] => [name, { target: target(name), health: [], override: null, verdict: null }]),
  ),
  alarms: [],
  memory: JSON.parse("{}"),
  settled: true,
});

it("finds rows by pool/target, also when the target's name has a slash", () => {
  const board = new LiveBoard(() => {});
  board.post(view("web", "a", "b/c"));
  expect(board.get("web/a")?.target.name).toBe("a");
  expect(board.get("web/b/c")?.target.name).toBe("b/c");
  expect(board.get("web/x")).toBeNull();
  expect(board.get("nowhere/a")).toBeNull();
  expect(board.get(JSON.parse('"web"'))).toBeNull();
});

it("shows all views at once, then each that is posted, and nothing after the signal", () => {
  const board = new LiveBoard(() => {});
  board.post(view("web"));
  board.post(view("db"));
  const stop = new AbortController();
  const shown: string[] = [];
  board.follow(({ pool }) => shown.push(pool), stop.signal);
  board.post(view("web"));
  board.replace(view("db"));
  stop.abort();
  board.post(view("web"));
  expect(shown).toEqual(["web", "db", "web"]);
});

it("goes on with the others when one who follows fails", () => {
  const errors: string[] = [];
  const board = new LiveBoard((level, text) => errors.push(`${level} ${text}`));
  const shown: string[] = [];
  const { signal } = new AbortController();
  board.follow(() => {
    throw new Error("broken");
  }, signal);
  board.follow(({ pool }) => shown.push(pool), signal);
  board.post(view("web"));
  expect(shown).toEqual(["web"]);
  expect(errors).toHaveLength(1);
});

const observed = (at: number): Input => ({
  at,
  kind: "observed",
  target: "a",
  check: 0,
  by: "timer",
  tookMs: 1,
  seen: seen("pass"),
});

it("keeps the last 50 observations and 20 verdicts of a target, in order", () => {
  const journal = new LiveJournal(1000, () => {});
  for (let i = 0; i < 200; i++) {
    journal.enter("web", "a", observed(i));
    if (i % 2 === 0)
      journal.enter("web", "a", {
        id: "web/a",
        target: target("a"),
        state: "up",
        weight: i,
        order: null,
        reason: "",
        since: 0,
        observedAt: 0,
        staleAt: 0,
        chain: [],
      });
  }
  const kept = journal.about("web/a");
  expect(kept.filter(({ what }) => "kind" in what)).toHaveLength(50);
  expect(kept.filter(({ what }) => "chain" in what)).toHaveLength(20);
  expect(kept.map(({ id }) => id)).toEqual(kept.map(({ id }) => id).sort((a, b) => a - b));
  expect(kept.at(-1)?.what).toMatchObject({ at: 199 });
});

it("goes on after the last id that a follower has seen, across pools", () => {
  const journal = new LiveJournal(1000, () => {});
  journal.enter("web", "a", observed(1));
  journal.enter("db", "a", observed(2));
  journal.enter("web", "b", observed(3));
  const got: Entered[] = [];
  const stop = new AbortController();
  journal.follow(1001, (entered) => got.push(entered), stop.signal);
  journal.enter("web", "a", observed(4));
  stop.abort();
  journal.enter("web", "a", observed(5));
  expect(got.map(({ id }) => id)).toEqual([1002, 1003, 1004]);
  const fresh: Entered[] = [];
  journal.follow(null, (entered) => fresh.push(entered), new AbortController().signal);
  expect(fresh).toEqual([]);
});

it("puts deliveries under their target, or under the pool", () => {
  const journal = new LiveJournal(1, () => {});
  const delivery = {
    outlet: "runtime",
    state: "synced",
    at: 0,
    told: "agent down",
    shown: "DOWN",
    error: null,
  } as const;
  journal.deliver("web", { ...delivery, about: "web/a" });
  journal.deliver("web", { ...delivery, about: "the key haproxy/web" });
  expect(journal.about("web/a")).toHaveLength(1);
  expect(journal.about("web/")).toHaveLength(1);
});

it("keeps the history of targets that left for a while, but not of all for ever", () => {
  const journal = new LiveJournal(1, () => {});
  for (let i = 0; i < 300; i++) {
    journal.enter("web", `t${i}`, { ...observed(i) });
    journal.left(`web/t${i}`);
  }
  expect(journal.about("web/t299")).toHaveLength(1);
  expect(journal.about("web/t0")).toHaveLength(0);
  journal.remove("web");
  expect(journal.about("web/t299")).toHaveLength(0);
});
