import { describe, expect, it } from "vitest";
import { decide } from "../../src/core/decide/index.ts";
import { emptyMemory, recall, shiftMemory } from "../../src/core/memory.ts";
import { createPool } from "../../src/core/pool.ts";
import type { Input } from "../../src/core/types.ts";
import { Bench, check, order, rules, seen, target } from "./build.ts";

const two = [target("a"), target("b")];

describe("a pool that has just started", () => {
  it("is settled, and says its first verdicts, when every target has answered once", () => {
    const on = new Bench({ targets: two });
    expect(on.view).toMatchObject({ pool: "p", settled: false, alarms: [] });
    on.see("a", "fail");
    expect([on.view.settled, on.row("a").verdict, on.row("a").health[0]?.state, on.changed]).toEqual([
      false,
      null,
      "down",
      [],
    ]);
    on.see("b", "pass");
    expect([on.view.settled, on.changed]).toEqual([true, ["a", "b"]]);
    expect([on.verdict("a").state, on.verdict("b").state]).toEqual(["down", "up"]);
  });

  it("is settled after settle in any case, and asks to be woken for that", () => {
    const on = new Bench({ targets: two, policy: { settleMs: 1500 } });
    on.see("b", "pass");
    expect(on.wakeAt).toBe(on.now + 1500);
    on.pass(1499);
    expect(on.view.settled).toBe(false);
    on.pass(1);
    expect([on.view.settled, on.verdict("b").state, on.row("a").verdict]).toEqual([true, "up", null]);
  });

  it("waits for its sources, even when all targets it knows of have answered", () => {
    const on = new Bench({ targets: two, complete: false });
    for (const name of ["a", "b"]) on.see(name, "pass");
    expect(on.view.settled).toBe(false);
    on.apply({ kind: "listed", targets: two, complete: true });
    expect([on.view.settled, on.changed]).toEqual([true, ["a", "b"]]);
  });

  it("waits for references and backups too", () => {
    const on = new Bench({ targets: [target("a"), target("p", "backup"), target("r", "reference")] });
    on.see("a", "pass");
    on.see("p", "pass");
    expect(on.view.settled).toBe(false);
    on.see("r", "unknown");
    expect(on.view.settled).toBe(true);
  });

  it("is settled at once when it has nobody to wait for, and stays settled when targets join", () => {
    const on = new Bench({ targets: [] });
    expect([on.view.settled, on.alarms()]).toEqual([true, ["none-up"]]);
    on.apply({ kind: "listed", targets: two, complete: true });
    expect([on.view.settled, on.row("a").verdict]).toEqual([true, null]);
    on.see("a", "pass");
    expect(on.changed).toEqual(["a"]);
  });

  it("says and wants nothing before it is configured", () => {
    const pool = createPool({ pool: "p", group: "g", memory: null });
    const { view, wakeAt } = pool.apply({ at: 5, kind: "listed", targets: two, complete: true });
    expect([view.settled, view.group, wakeAt, view.rows.size]).toEqual([false, "g", null, 2]);
  });
});

describe("a restart", () => {
  const remembered = () => {
    const on = new Bench({ targets: two });
    on.see("a", "pass");
    on.see("b", "fail");
    return JSON.parse(JSON.stringify(on.view.memory));
  };

  it("goes on from the verdicts it remembers: one failure is no down, one pass no up", () => {
    const on = new Bench({ targets: two, memory: remembered(), at: 2_000_000 });
    on.see("a", "fail");
    on.see("b", "pass");
    expect([on.verdict("a"), on.verdict("b")]).toMatchObject([
      { state: "up", since: 1_000_000, reason: "says fail, not yet confirmed" },
      { state: "down", since: 1_000_000, reason: "answers again (says pass), not yet confirmed" },
    ]);
  });

  it("knows nothing of a target whose address is another now", () => {
    const on = new Bench({ targets: [{ ...target("a"), port: 1 }, target("b")], memory: remembered() });
    on.see("a", "fail");
    on.see("b", "fail");
    expect(on.verdict("a").state).toBe("down");
  });

  it("moves remembered times between clocks", () => {
    const memory = remembered();
    const moved = shiftMemory(memory, 500);
    expect(recall(moved.targets, "a")?.since).toBe(1_000_500);
    expect(shiftMemory(moved, -500)).toEqual(memory);
    expect(
      shiftMemory({ ...emptyMemory, handoverUntil: 1, brakedSince: 2, agreement: { says: "x", at: 3, by: "y" } }, 10),
    ).toMatchObject({ handoverUntil: 11, brakedSince: 12, agreement: { at: 13 } });
    expect(recall(memory.targets, "constructor")).toBeNull();
  });
});

describe("an observation that changes no verdict", () => {
  it("moves only its row on: time, facts and reason, in the view that everybody has", () => {
    const on = new Bench({ targets: two });
    for (const name of ["a", "b"]) on.see(name, seen("pass", { reason: "lag 1s", facts: { lagSeconds: 1 } }));
    const { view } = on;
    const other = on.row("b");
    on.pass(2000);
    on.see("a", seen("pass", { reason: "lag 2s", facts: { lagSeconds: 2 } }));
    expect(on.view).toBe(view);
    expect(on.changed).toEqual([]);
    expect(on.row("b")).toBe(other);
    expect(on.verdict("a")).toMatchObject({
      reason: "lag 2s",
      observedAt: on.now,
      staleAt: on.now + 6000,
      since: on.now - 2000,
    });
    expect(on.verdict("a").chain).toEqual([{ rule: "judge", state: "up", weight: 100, note: "lag 2s" }]);
    expect(on.row("a").health[0]?.last?.facts).toEqual({ lagSeconds: 2 });
  });

  it("of a target or check that is gone is nothing at all", () => {
    const on = new Bench({ targets: two });
    const { view } = on;
    on.see("zz", "pass");
    on.apply({ kind: "observed", target: "a", check: 7, by: "timer", tookMs: 1, seen: seen("pass") });
    expect(on.view).toBe(view);
    expect(on.row("a").health[0]?.observedAt).toBeNull();
  });

  it("costs the same in a pool of 2,000 as in one of 20, within reason", () => {
    const cost = (size: number) => {
      const on = new Bench({ targets: Array.from({ length: size }, (_, i) => ({ ...target(`t${i}`), port: i + 1 })) });
      const round = (times: number) => {
        const start = process.cpuUsage();
        for (let i = 0; i < times; i++) on.see(`t${i % size}`, "pass");
        return process.cpuUsage(start).user;
      };
      round(20_000);
      return Math.min(round(20_000), round(20_000), round(20_000));
    };
    expect(cost(2000) / cost(20)).toBeLessThan(12);
  });
});

describe("a view", () => {
  it("is replaced as a whole when a verdict changes", () => {
    const on = new Bench({ targets: two });
    for (const name of ["a", "b"]) on.see(name, "pass");
    const old = on.view;
    on.settle("a", "fail");
    expect(on.view).not.toBe(old);
    expect(on.view.revision).toBeGreaterThan(old.revision);
    expect(old.rows.get("a")?.verdict?.state).toBe("up");
    expect(on.changed).toEqual(["a"]);
  });

  it("names targets that are gone among the changed, and is left alone by the same list again", () => {
    const on = new Bench({ targets: two });
    for (const name of ["a", "b"]) on.see(name, "pass");
    on.apply({ kind: "listed", targets: [target("b")], complete: true });
    expect([on.changed, on.view.rows.has("a")]).toEqual([["a"], false]);
    const { view } = on;
    on.apply({ kind: "listed", targets: [target("b")], complete: true });
    expect(on.view).toBe(view);
    on.apply({ kind: "listed", targets: [{ ...target("b"), meta: { zone: "x" } }], complete: true });
    expect([on.changed, on.verdict("b").target.meta]).toEqual([[], { zone: "x" }]);
  });

  it("takes the first of two targets with one name", () => {
    const on = new Bench({ targets: [target("a"), { ...target("a"), port: 1 }] });
    expect(on.row("a").target.port).toBe(3306);
  });

  it("treats the same name at another address, or with another part, as a new target", () => {
    const on = new Bench({ targets: two });
    for (const name of ["a", "b"]) on.see(name, "pass");
    on.apply({
      kind: "listed",
      targets: [{ ...target("a"), host: "10.9.9.9" }, target("b", "backup")],
      complete: true,
    });
    expect(on.changed).toEqual(["a", "b"]);
    expect([on.row("a").verdict, on.row("b").verdict]).toEqual([null, null]);
    on.see("a", "fail");
    expect(on.verdict("a").state).toBe("down");
  });

  it("answers what-if questions with decide and its memory", () => {
    const on = new Bench({ targets: two });
    for (const name of ["a", "b"]) on.see(name, "pass");
    const members = [...on.view.rows.values()].map((row) =>
      row.target.name === "a" ? { ...row, override: order("maint") } : row,
    );
    const { verdicts } = decide({ pool: "p", now: on.now, policy: on.view.policy, members, memory: on.view.memory });
    expect(verdicts.map(({ id, state }) => [id, state])).toEqual([
      ["p/a", "down"],
      ["p/b", "up"],
    ]);
    expect(on.verdict("a").state).toBe("up");
  });

  it("follows new settings without losing what it knows", () => {
    const on = new Bench({ targets: two });
    for (const name of ["a", "b"]) on.settle(name, "warn");
    expect(on.serving()).toEqual(["a", "b"]);
    on.apply({ kind: "configured", policy: rules({ whenNoneFit: "none" }), checks: [check()] });
    expect([on.serving(), on.changed]).toEqual([[], ["a", "b"]]);
  });
});

describe("a recorded run", () => {
  it("gives the same views again", () => {
    const inputs: Input[] = [
      { at: 0, kind: "configured", policy: rules(), checks: [check()] },
      { at: 0, kind: "listed", targets: two, complete: true },
      ...Array.from(
        { length: 60 },
        (_, i): Input => ({
          at: 100 + i * 130,
          kind: "observed",
          target: i % 2 ? "a" : "b",
          check: 0,
          by: "timer",
          tookMs: 2,
          seen: seen((["pass", "fail", "warn"] as const)[(i >> 3) % 3] ?? "pass"),
        }),
      ),
      { at: 9000, kind: "ordered", target: "a", override: order("drain", 9500) },
      { at: 9600, kind: "woken" },
    ];
    const play = (list: readonly Input[]) => {
      const pool = createPool({ pool: "p", group: null, memory: null });
      return list.map((input) =>
        JSON.stringify([pool.apply(input).changed, [...pool.apply({ at: input.at, kind: "woken" }).view.rows]]),
      );
    };
    expect(play(inputs.map((input) => JSON.parse(JSON.stringify(input))))).toEqual(play(inputs));
  });
});
