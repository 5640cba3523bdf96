import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialHealth, judge, timedOut } from "../../src/core/judge.ts";
import type { HealthState, Observation, Policy, Trigger } from "../../src/core/types.ts";
import { check, claim, seen } from "./build.ts";

const letters = { p: "pass", w: "warn", f: "fail", u: "unknown" } as const;
const timeout = seen("fail", { reason: "timed out", facts: { timedOut: true } });

/** Folds one observation a letter, each started `gapMs` after the one before. */
function fold(text: string, policy: Policy = check(), was = initialHealth(0), gapMs = 250): HealthState {
  const outcomes = [...text].flatMap((letter) => (letter in letters ? [letters[letter as keyof typeof letters]] : []));
  return outcomes.reduce((health, outcome, i) => judge(health, seen(outcome), "timer", policy, (i + 1) * gapMs), was);
}

describe("a target nobody has judged yet", () => {
  it.each([
    ["p", "up"],
    ["w", "degraded"],
    ["f", "down"],
    ["u", "unknown"],
    ["uu", "unknown"],
    ["up", "up"],
    ["uf", "down"],
  ])("after %s is %s when the first answer decides", (text, state) => {
    expect(fold(text).state).toBe(state);
  });

  it.each([
    ["p", "unknown"],
    ["pp", "up"],
    ["ff", "unknown"],
    ["fff", "down"],
    ["pfpf", "unknown"],
    ["wp", "degraded"],
    ["wpp", "up"],
    ["www", "degraded"],
    ["fpp", "up"],
  ])("after %s is %s when even the first answer is counted", (text, state) => {
    expect(fold(text, check({ first: "counted" })).state).toBe(state);
  });

  it("has a former verdict when one is remembered, so that one failure after a restart is not a down", () => {
    const remembered = initialHealth(0, "up");
    expect(remembered).toMatchObject({ state: "up", observedAt: null, pending: false });
    expect(fold("f", check(), remembered)).toMatchObject({ state: "up", pending: true });
    expect(fold("fff", check(), remembered).state).toBe("down");
    expect(fold("p", check(), initialHealth(0, "down")).state).toBe("down");
    expect(fold("pp", check(), initialHealth(0, "degraded")).state).toBe("up");
  });
});

describe("rise and fall", () => {
  it.each([
    ["pf", "up"],
    ["pff", "up"],
    ["pfff", "down"],
    ["pffpff", "up"],
    ["pww", "up"],
    ["pwww", "degraded"],
    ["pwwf", "degraded"],
    ["pffw", "degraded"],
    ["pwfff", "down"],
    ["pwwwff", "degraded"],
    ["pwwwfff", "down"],
    ["fp", "down"],
    ["fpp", "up"],
    ["fpw", "degraded"],
    ["fww", "degraded"],
    ["fwfw", "down"],
    ["wp", "degraded"],
    ["wpp", "up"],
    ["wpwp", "degraded"],
    ["pfuff", "down"],
    ["pffuuuu", "up"],
    ["fpup", "up"],
  ])("after %s the state is %s", (text, state) => {
    expect(fold(text).state).toBe(state);
  });

  it("is pending while a change is being confirmed, and not before or after", () => {
    expect(["p", "pf", "pff", "pfff", "pfffp", "pfffpp", "pw"].map((text) => fold(text).pending)).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  it("says since when the state holds", () => {
    expect(fold("pppfff").since).toBe(1500);
    expect(fold("pppfffff").since).toBe(1500);
    expect(fold("ppp").since).toBe(250);
  });

  it("waits for fall_for even when enough have failed", () => {
    const policy = check({ fallForMs: 1000 });
    expect(fold("pfff", policy)).toMatchObject({ state: "up", pending: true });
    expect(fold("pffff", policy).state).toBe("up");
    expect(fold("pfffff", policy).state).toBe("down");
  });

  it("follows the newest settings in the middle of a streak", () => {
    expect(judge(fold("pff", check({ fall: 9 })), seen("fail"), "timer", check({ fall: 3 }), 1000).state).toBe("down");
  });
});

describe("an observation counts", () => {
  const up = fold("p", check({ fall: 2 }));

  it("only if it started fast after the last counted one started, however long they took", () => {
    const policy = check({ fall: 2 });
    const first = judge(up, seen("fail"), "poll", policy, 1300, 1000);
    const early = judge(first, seen("fail"), "poll", policy, 1400, 1100);
    expect(early).toMatchObject({ state: "up", pending: true, countedAt: 1000 });
    expect(judge(early, seen("fail"), "poll", policy, 1500, 1250)).toMatchObject({ state: "down", countedAt: 1250 });
  });

  it("not ten times in a blip of 300 ms that ten pollers see", () => {
    const blip = Array.from({ length: 10 }, (_, i) => 1000 + i * 30);
    const after = blip.reduce((health, at) => judge(health, seen("fail"), "poll", check(), at), up);
    expect(after).toMatchObject({ state: "up", pending: true });
    expect(after.alive.streak).toBe(-2);
  });

  it("also when a tick was up to 50 ms late the time before", () => {
    const slow = check({ fall: 2, fastMs: 2000 });
    const late = judge(up, seen("fail"), "timer", slow, 4048, 4048);
    expect(judge(late, seen("fail"), "timer", slow, 6000, 6000).state).toBe("down");
  });

  it("and one that does not but contradicts is looked into at fast", () => {
    const soon = judge(up, seen("fail"), "poll", check(), 260, 255);
    expect(soon).toMatchObject({ state: "up", pending: true, countedAt: 250 });
    expect(soon.alive.streak).toBe(0);
    expect(judge(soon, seen("pass"), "timer", check(), 520, 500).pending).toBe(false);
  });
});

describe("a failure that confirms an event", () => {
  it.each<[string, Observation, Trigger, string]>([
    ["a refused probe after a dropped connection", seen("fail"), "event", "down"],
    ["a timed-out probe after a dropped connection", timeout, "event", "up"],
    ["a refused probe without an event", seen("fail"), "request", "up"],
    ["a warning after an event", seen("warn"), "event", "up"],
    ["a passing probe after an event", seen("pass"), "event", "up"],
  ])("%s: %s", (_, observation, by, state) => {
    expect(judge(fold("pp"), observation, by, check({ fall: 5 }), 750).state).toBe(state);
  });

  it("counts right after another counted observation, as two witnesses agree", () => {
    expect(judge(fold("pp"), seen("fail"), "event", check({ fall: 5 }), 501).state).toBe("down");
  });

  it("still waits for fall_for", () => {
    const policy = check({ fallForMs: 400 });
    const waiting = judge(fold("pp"), seen("fail"), "event", policy, 600);
    expect(waiting).toMatchObject({ state: "up", pending: true });
    expect(judge(waiting, seen("fail"), "timer", policy, 1000).state).toBe("down");
  });

  it("is told by the fact timedOut", () => {
    expect([timedOut(timeout), timedOut(seen("fail")), timedOut(seen("warn", { facts: { timedOut: true } }))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("an unknown", () => {
  it("neither counts nor resets, is kept as the reason, and does not hurry the probes for ever", () => {
    const once = fold("pffu");
    expect(once).toMatchObject({
      state: "up",
      blind: "says unknown",
      blindSince: 1000,
      knownAt: 750,
      observedAt: 1000,
      pending: true,
    });
    expect(fold("pffuu")).toMatchObject({ state: "up", blindSince: 1000, observedAt: 1250, pending: false });
    expect(fold("pffuuf")).toMatchObject({ state: "down", blind: null, blindSince: 1000 });
    expect(fold("pffuup")).toMatchObject({ state: "up", blind: null, blindSince: null });
  });

  it("keeps the last claim that was seen", () => {
    const leader = judge(fold("p"), seen("pass", { claim: claim("writer") }), "timer", check(), 500);
    const blind = judge(leader, seen("unknown"), "timer", check(), 750);
    expect(blind.claimed).toEqual({ claim: claim("writer"), at: 500 });
  });
});

describe("any sequence", () => {
  const step = fc.record({
    outcome: fc.constantFrom("pass", "warn", "fail", "unknown" as const),
    by: fc.constantFrom<Trigger>("timer", "poll", "event", "request"),
    gap: fc.integer({ min: 1, max: 600 }),
    timedOut: fc.boolean(),
  });
  const policies = fc
    .record({
      rise: fc.integer({ min: 1, max: 4 }),
      fall: fc.integer({ min: 1, max: 4 }),
      fallForMs: fc.constantFrom(0, 700),
      first: fc.constantFrom("at_once", "counted" as const),
    })
    .map(check);
  const rank = { down: 0, degraded: 1, unknown: 1, up: 2 };

  function replay(
    policy: Policy,
    steps: readonly { outcome: Observation["outcome"]; by: Trigger; gap: number; timedOut: boolean }[],
  ) {
    let now = 0;
    const all = [initialHealth(0)];
    for (const one of steps) {
      now += one.gap;
      const observation = seen(one.outcome, { facts: { timedOut: one.timedOut } });
      all.push(judge(all.at(-1) ?? initialHealth(0), observation, one.by, policy, now));
    }
    return all;
  }

  it("gives the same health for the same observations", () => {
    fc.assert(
      fc.property(policies, fc.array(step), (policy, steps) => {
        expect(replay(policy, steps)).toEqual(replay(policy, steps));
      }),
      { numRuns: 300 },
    );
  });

  it("never gets better by a time-out, whatever came before and whatever comes after", () => {
    fc.assert(
      fc.property(
        policies,
        fc.array(step, { maxLength: 25 }),
        fc.constantFrom<Trigger>("timer", "poll", "event"),
        fc.integer({ min: 1, max: 600 }),
        (policy, steps, by, gap) => {
          const before = replay(policy, steps).at(-1) ?? initialHealth(0);
          const after = judge(before, timeout, by, policy, (before.observedAt ?? 0) + gap);
          expect(rank[after.state]).toBeLessThanOrEqual(rank[before.state]);
          expect(Math.max(0, after.good.streak)).toBeLessThanOrEqual(Math.max(0, before.good.streak));
          expect(Math.max(0, after.alive.streak)).toBeLessThanOrEqual(Math.max(0, before.alive.streak));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is not moved by an unknown: no state, no streak", () => {
    fc.assert(
      fc.property(policies, fc.array(step, { maxLength: 25 }), (policy, steps) => {
        const before = replay(policy, steps).at(-1) ?? initialHealth(0);
        const { state, since, alive, good } = judge(
          before,
          seen("unknown"),
          "timer",
          policy,
          (before.observedAt ?? 0) + 300,
        );
        expect({ state, since, alive, good }).toEqual({
          state: before.state,
          since: before.since,
          alive: before.alive,
          good: before.good,
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("never takes a target out in fewer than fall observations that started fast apart, but for events", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 40 }),
        (fall, gaps) => {
          let now = 10_000;
          let health = initialHealth(0, "up");
          for (const gap of gaps) {
            now += gap;
            health = judge(health, seen("fail"), "poll", check({ fall }), now);
            if (health.state === "down") expect(now - 10_000).toBeGreaterThanOrEqual((fall - 1) * 200);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
