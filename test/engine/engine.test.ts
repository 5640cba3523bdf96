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

describe("the interval", () => {
  it("asks each target at absolute due times, whatever the probes take", async () => {
    const { engine, clock, check } = make();
    check.reply = null;
    await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a")] })));
    for (let i = 0; i < 5; i++) {
      await clock.advance(300);
      check.last("a").answer("pass");
      await clock.advance(1700);
    }
    expect(check.times("a")).toEqual([0, 2000, 4000, 6000, 8000, 10_000]);
  });

  it("never asks a target twice at once, and skips what it missed", async () => {
    const { engine, clock, check } = make();
    check.reply = null;
    const slow = checkOf(check, { everyMs: 1000, timeoutMs: 10_000 });
    await engine.configure(settingsOf(poolOf("web", { checks: [slow], targets: [target("a")] })));
    await clock.advance(3500);
    expect(check.asked).toHaveLength(1);
    check.last("a").answer("pass");
    await clock.advance(600);
    expect(check.times("a")).toEqual([0, 4000]);
    expect(check.overlap).toBe(1);
  });

  it("spreads first probes over a second at process start, and asks later ones at once", async () => {
    const { engine, clock, check } = make();
    const many = Array.from({ length: 400 }, (_, i) => target(`t${i}`, i + 1));
    const pool = poolOf("web", { checks: [checkOf(check)], targets: many });
    await engine.configure(settingsOf(pool));
    const perTick: number[] = [];
    for (let i = 0; i < 21; i++) {
      const before = check.asked.length;
      await clock.advance(50);
      perTick.push(check.asked.length - before);
    }
    expect(check.asked).toHaveLength(400);
    expect(Math.max(...perTick)).toBeLessThanOrEqual(40);
    expect(engine.board.pool("web")?.settled).toBe(true);
    await engine.configure(settingsOf(poolOf("web", { ...pool, targets: [...many, target("new")] })));
    await clock.advance(0);
    expect(check.times("new")).toEqual([0]);
  });

  it("asks at fast while a change is being confirmed, and then goes on with its interval", async () => {
    const { engine, clock, check, state } = make();
    await engine.configure(
      settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a"), target("b")] })),
    );
    await clock.advance(1900);
    expect(state("web/a")).toBe("up");
    check.reply = ({ name }) => seen(name === "a" ? "fail" : "pass", "refused");
    await clock.advance(700);
    expect(check.times("a")).toEqual([0, 2000, 2250, 2500]);
    expect(state("web/a")).toBe("down");
    expect(check.times("b")).toEqual([0, 2000]);
    await clock.advance(2000);
    expect(check.times("a")).toEqual([0, 2000, 2250, 2500, 4000]);
  });
});

describe("a hint", () => {
  it("asks at once, and what fails then counts as fall", async () => {
    const { engine, clock, check, state } = make();
    await engine.configure(settingsOf(poolOf("db", { checks: [checkOf(check)], targets: [target("a"), target("b")] })));
    await clock.advance(700);
    check.reply = () => seen("fail", "refused");
    check.hints.get("a")?.("the kept connection closed");
    await breathe();
    expect(state("db/a")).toBe("down");
    expect(engine.journal.about("db/a").at(-1)?.what).toMatchObject({ state: "down" });
  });

  it("during a running probe asks once more after it, as that one may have looked before", async () => {
    const { engine, clock, check } = make();
    check.reply = null;
    await engine.configure(settingsOf(poolOf("db", { checks: [checkOf(check)], targets: [target("a")] })));
    await clock.advance(10);
    check.hints.get("a")?.("closed");
    check.hints.get("a")?.("closed again");
    expect(check.asked).toHaveLength(1);
    check.last("a").answer("pass");
    await breathe();
    expect(check.asked).toHaveLength(2);
    check.last("a").answer("pass");
    await clock.advance(500);
    expect(check.asked).toHaveLength(2);
  });

  it("is not followed more often than at fast, however many come", async () => {
    const { engine, clock, check } = make();
    await engine.configure(settingsOf(poolOf("db", { checks: [checkOf(check)], targets: [target("a")] })));
    await clock.advance(500);
    const before = check.asked.length;
    for (let i = 0; i < 100; i++) {
      check.hints.get("a")?.("flapping");
      await clock.advance(10);
    }
    expect(check.asked.length - before).toBeLessThanOrEqual(5);
    expect(check.overlap).toBe(1);
  });

  it("of a time-out counts as one failure only", async () => {
    const { engine, clock, check, state } = make();
    await engine.configure(settingsOf(poolOf("db", { checks: [checkOf(check)], targets: [target("a"), target("b")] })));
    await clock.advance(100);
    check.reply = null;
    check.hints.get("a")?.("closed");
    await clock.advance(1000);
    await breathe();
    expect(engine.board.get("db/a")?.health[0]?.last).toMatchObject({ outcome: "fail", facts: { timedOut: true } });
    expect(state("db/a")).toBe("up");
  });
});

describe("a poll", () => {
  it("joins the running probe, and all who wait share one", async () => {
    const { engine, clock, check } = make();
    check.reply = null;
    await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a")] })));
    const done: number[] = [];
    for (let i = 0; i < 10; i++) void engine.prober.refresh("web/a", "poll").then(() => done.push(i));
    await breathe();
    expect(check.asked).toHaveLength(1);
    expect(done).toEqual([]);
    check.last("a").answer("pass");
    await breathe();
    expect(done).toHaveLength(10);
    await clock.advance(0);
    expect(check.asked).toHaveLength(1);
  });

  it("restarts the timer, which is only the backstop for when nobody polls", async () => {
    const { engine, clock, check } = make();
    await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a")] })));
    for (let i = 0; i < 5; i++) {
      await clock.advance(1500);
      await engine.prober.refresh("web/a", "poll");
    }
    expect(check.times("a")).toEqual([0, 1500, 3000, 4500, 6000, 7500]);
    // The next poll comes a little late, as HAProxy's do: the timer waits an eighth of the interval for it.
    await clock.advance(2200);
    expect(check.times("a").at(-1)).toBe(7500);
    await clock.advance(2000);
    expect(check.times("a").at(-1)).toBe(9800);
  });

  it("is not answered from what the timer saw shortly before, whatever their phases were at first", async () => {
    for (const phase of [30, 300, 900, 1500, 1990]) {
      const { engine, clock, check } = make();
      await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a")] })));
      await clock.advance(2000 + phase);
      for (let i = 0; i < 6; i++) {
        await engine.prober.refresh("web/a", "poll");
        await clock.advance(2003);
      }
      const polls = check.times("a").slice(-3);
      expect(polls.map((at) => (at - phase - 2000) % 2003)).toEqual([0, 0, 0]);
    }
  });

  it.each([
    { maxAgeMs: 1000, most: 11 },
    { maxAgeMs: 300, most: 34 },
    { maxAgeMs: Number.POSITIVE_INFINITY, most: 2 },
  ])("cost at most one probe per max_age $maxAgeMs, whoever polls", async ({ maxAgeMs, most }) => {
    const { engine, clock, check } = make();
    const policy = { maxAgeMs, everyMs: 60_000 };
    await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check, policy)], targets: [target("a")] })));
    for (let at = 0; at < 10_000; at += 20) {
      for (let peer = 0; peer < 3; peer++) void engine.prober.refresh("web/a", "poll");
      await clock.advance(20);
    }
    expect(check.asked.length).toBeLessThanOrEqual(most);
    expect(check.asked.length).toBeGreaterThanOrEqual(most - 3);
  });

  it("with max_age 0 asks each time, as xinetd did", async () => {
    const { engine, clock, check } = make();
    const policy = { maxAgeMs: 0, everyMs: 60_000 };
    await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check, policy)], targets: [target("a")] })));
    await clock.advance(10);
    for (let i = 0; i < 20; i++) {
      await clock.advance(7);
      await engine.prober.refresh("web/a", "poll");
    }
    expect(check.asked).toHaveLength(21);
  });

  it("waits until no change is pending: the answer is the confirmed one", async () => {
    const { engine, clock, check, state } = make();
    await engine.configure(
      settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a"), target("b")] })),
    );
    await clock.advance(1500);
    check.reply = ({ name }) => seen(name === "a" ? "fail" : "pass", "refused");
    let answered: string | null = null;
    void engine.prober.refresh("web/a", "poll").then(() => {
      answered = state("web/a");
    });
    await clock.advance(400);
    expect(answered).toBeNull();
    await clock.advance(200);
    expect(answered).toBe("down");
  });

  it("of a name or a pool that nobody probes is settled at once", async () => {
    const { engine } = make();
    await engine.configure(settingsOf(poolOf("trusted", { targets: [target("a")] })));
    await engine.prober.refresh("trusted/a", "poll");
    await engine.prober.refresh("trusted/nobody", "request");
    await engine.prober.refresh("nowhere/a", "poll");
    expect(engine.board.get("trusted/a")?.verdict).toMatchObject({ state: "up" });
  });

  it("of a target that leaves meanwhile is let go", async () => {
    const { engine, check } = make();
    check.reply = null;
    const pool = poolOf("web", { checks: [checkOf(check)], targets: [target("a"), target("b")] });
    await engine.configure(settingsOf(pool));
    const waited = engine.prober.refresh("web/a", "poll");
    await engine.configure(settingsOf(poolOf("web", { ...pool, targets: [target("b")] })));
    await waited;
    expect(engine.board.get("web/a")).toBeNull();
  });
});

describe("several checks", () => {
  it("are asked at their own pace and decide together", async () => {
    const { engine, clock, check, state } = make();
    const other = new ScriptedCheck(() => clock.now());
    const checks = [checkOf(check, { everyMs: 1000 }), checkOf(other, { everyMs: 5000 }, "other")];
    await engine.configure(
      settingsOf(poolOf("web", { checks, targets: [target("a")], policy: { whenNoneFit: "none" } })),
    );
    await clock.advance(4900);
    expect(check.asked).toHaveLength(5);
    expect(other.asked).toHaveLength(1);
    expect(state("web/a")).toBe("up");
    other.reply = () => seen("fail");
    await clock.advance(700);
    expect(state("web/a")).toBe("down");
  });
});

describe("a stalled process", () => {
  it("stopped for 1.5 s takes no healthy target out", async () => {
    const { engine, clock, check, state } = make();
    const names = Array.from({ length: 50 }, (_, i) => `t${i}`);
    const targets = names.map((name, i) => target(name, i + 1));
    const fall = checkOf(check, { fall: 1, everyMs: 500, timeoutMs: 1000 });
    await engine.configure(settingsOf(poolOf("web", { checks: [fall], targets })));
    await clock.advance(1000);
    check.reply = null; // in flight when the process stops: the answers are there, but nobody reads them in time
    await clock.advance(500);
    const unanswered = check.asked.length;
    await clock.stall(1500);
    check.reply = () => seen("pass");
    await clock.advance(3000);
    expect(unanswered).toBeGreaterThan(50);
    expect(names.filter((name) => state(`web/${name}`) !== "up")).toEqual([]);
    const downs = names
      .flatMap((name) => engine.journal.about(`web/${name}`))
      .filter(({ what }) => "chain" in what && what.state === "down");
    expect(downs).toEqual([]);
  });
});

describe("a checker that does not end its questions", () => {
  it("is closed and opened anew instead of being asked twice at once", async () => {
    const { engine, clock, check } = make();
    const deaf = new ScriptedCheck(() => clock.now());
    const created = deaf.create();
    let stuck = true;
    const open: typeof created.open = (opened, hint) => {
      const probe = created.open(opened, hint);
      return stuck ? { ask: () => new Promise(() => {}), close: () => probe.close() } : probe;
    };
    check.create = () => ({ open, close: async () => {} });
    await engine.configure(
      settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a"), target("b")] })),
    );
    await clock.advance(1100);
    stuck = false;
    await clock.advance(2000);
    expect([...deaf.closed].sort()).toEqual(["a", "b"]);
    expect(engine.board.get("web/a")?.health[0]?.last?.outcome).toBe("pass");
  });

  it("is asked no more when three of its questions stay open, and that is our fault, not the server's", async () => {
    const { engine, clock, check } = make();
    let asked = 0;
    check.create = () => ({
      open: () => ({
        ask: () => {
          asked += 1;
          return new Promise(() => {});
        },
        close: () => new Promise(() => {}),
      }),
      close: async () => {},
    });
    await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a")] })));
    await clock.advance(60_000);
    expect(asked).toBe(3);
    expect(engine.board.get("web/a")?.health[0]).toMatchObject({ state: "down", last: { outcome: "unknown" } });
  });
});

describe("what one begins to warn of", () => {
  const readers = (one: Rig) =>
    poolOf("web", { checks: [checkOf(one.check)], targets: [target("a"), target("b"), target("c")] });

  it("is asked of all others at once, so that none is out while it has reached them all", async () => {
    const one = make();
    await one.engine.configure(settingsOf(readers(one)));
    await one.clock.advance(3000);
    one.check.reply = () => seen("warn", "the primary is away");
    const begun = one.clock.now();
    const states = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await one.clock.advance(50);
      states.add(["a", "b", "c"].map((name) => one.state(`web/${name}`)).join());
    }
    const firsts = ["a", "b", "c"].map((name) =>
      one.check.asked.find((each) => each.target === name && each.at > begun),
    );
    const times = firsts.map((each) => (each?.at ?? 0) - begun);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(50);
    expect([...states]).toEqual(["up,up,up"]);
    expect(one.engine.board.get("web/a")?.verdict?.reason).toMatch(/^kept as no target is fit/);
  });

  it("is asked of them at most once an interval, however often it comes and goes", async () => {
    const one = make();
    await one.engine.configure(settingsOf(readers(one)));
    await one.clock.advance(3000);
    let asked = 0;
    one.check.reply = ({ name }) => seen(name === "a" && asked++ % 2 === 0 ? "warn" : "pass");
    const before = one.check.times("b").length;
    await one.clock.advance(10_000);
    expect(one.check.times("b").length - before).toBeLessThanOrEqual(11);
    expect(one.state("web/a")).toBe("up");
  });
});

describe("the log", () => {
  it("warns of a member that goes down, not of a backup that waits for it", async () => {
    const { engine, clock, check, lines } = make();
    const primary = { ...target("primary"), part: "backup" as const };
    const targets = [target("a"), target("b"), primary];
    check.reply = ({ name }) => seen(name === "b" ? "fail" : "pass");
    await engine.configure(settingsOf(poolOf("db", { checks: [checkOf(check)], targets, policy: { fallback: true } })));
    await clock.advance(5000);
    const levels = ["a", "b", "primary"].map(
      (name) => lines.find((line) => line.includes(` db/${name}: `))?.split(" ")[0],
    );
    expect(levels).toEqual(["info", "warn", "info"]);
  });

  it("warns of a writer that goes down, not of replicas that are none from the start", async () => {
    const { engine, clock, check, lines } = make();
    let writer = "a";
    const claim = (role: "writer" | "reader") => ({ role, follows: null, term: null, lineage: [], witness: null });
    check.reply = ({ name }) =>
      name === writer ? { ...seen("pass"), claim: claim("writer") } : { ...seen("fail"), claim: claim("reader") };
    const policy = { role: "writer", witness: "none", handoverMs: 100 } as const;
    await engine.configure(
      settingsOf(poolOf("db", { checks: [checkOf(check)], targets: [target("a"), target("b")], policy })),
    );
    await clock.advance(5000);
    const said = (): readonly string[] =>
      lines.filter((line) => / db\/[ab]: /.test(line)).map((line) => line.slice(0, 12));
    expect(said().toSorted()).toEqual(["info db/a: u", "info db/b: d"]);
    writer = "b";
    await clock.advance(10_000);
    expect(said()).toContain("warn db/a: u");
  });
});
