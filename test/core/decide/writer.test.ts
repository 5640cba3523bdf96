import { describe, expect, it } from "vitest";
import type { Claim, Observation, PoolPolicy } from "../../../src/core/types.ts";
import { Bench, claim, order, seen, target } from "../build.ts";

const at = { a: "10.0.0.98:3306", b: "10.0.0.99:3306", c: "10.0.0.100:3306" };
type Name = keyof typeof at;
const leads = (more: Partial<Claim> = {}): Observation =>
  seen("pass", { reason: "role master", claim: claim("writer", more) });
const reads = (from: Name | null, more: Partial<Claim> = {}): Observation =>
  seen("fail", { reason: "role replica", claim: claim("reader", { follows: from && at[from], ...more }) });
const says = (name: Name, votes = 3): Partial<Claim> => ({ witness: { says: at[name], votes, of: 3 } });

/** a leads, b and c follow it. */
function bench(policy: Partial<PoolPolicy> = {}, more: Partial<Claim> = {}): Bench {
  const made = new Bench({ policy: { role: "writer", ...policy } });
  made.see("a", leads(more));
  for (const name of ["b", "c"]) made.see(name, reads("a", more));
  return made;
}
const die = (on: Bench, name: Name) => on.see(name, seen("fail", { reason: "connection refused" }), "event");
const hear = (on: Bench, name: Name) => on.apply({ kind: "heard", target: name });

describe("a writer pool", () => {
  it("has the one up that claims to lead, the others are what their checks say", () => {
    const on = bench();
    expect(on.serving()).toEqual(["a"]);
    expect(on.verdict("a")).toMatchObject({ weight: 100, reason: "role master", chain: [{ rule: "judge" }] });
    expect(on.verdict("b")).toMatchObject({ state: "down", reason: "role replica" });
    expect([on.alarms(), on.view.memory.writer, on.view.memory.served]).toEqual([[], "a", "a"]);
  });

  it("drops a writer that says it is a reader now with that very answer, without counting", () => {
    const on = bench();
    on.see("a", reads("b"));
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("says that it is a reader");
    expect(on.alarms()).toEqual(["no-writer"]);
  });

  it("keeps its writer while that is being confirmed, blind, or only saturated", () => {
    const on = bench();
    on.see("a", "fail");
    expect(on.serving()).toEqual(["a"]);
    on.settle("a", seen("unknown"));
    expect(on.serving()).toEqual(["a"]);
    on.settle("a", seen("warn", { reason: "too many connections" }));
    expect(on.serving()).toEqual(["a"]);
    expect(on.verdict("a").reason).toBe("kept as the only writer there is: too many connections");
  });

  it("lets a saturated writer go where unfit targets may not serve", () => {
    const on = bench({ whenNoneFit: "none" });
    on.settle("a", "warn");
    expect(on.serving()).toEqual([]);
  });

  it("has no fallback: a backup is always down", () => {
    const on = new Bench({
      targets: [target("a"), target("primary", "backup")],
      policy: { role: "writer", fallback: true },
    });
    on.see("a", "fail");
    on.see("primary", "pass");
    expect(on.serving()).toEqual([]);
    expect(on.verdict("primary").reason).toBe("a writer pool has no fallback");
  });

  it("needs no claims: a check without roles leads while it passes", () => {
    const on = new Bench({ targets: [target("a"), target("b")], policy: { role: "writer" } });
    on.see("a", "pass");
    on.see("b", "fail");
    expect(on.serving()).toEqual(["a"]);
  });
});

describe("break before make", () => {
  it("withholds the new writer's up until the old one's down is heard", () => {
    const on = bench();
    die(on, "a");
    expect(on.serving()).toEqual([]);
    on.settle("b", leads(), 2);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("b").reason).toBe("is to lead, waits until HAProxy has heard that a is down, 10s at most");
    hear(on, "b");
    expect(on.serving()).toEqual([]);
    hear(on, "a");
    expect(on.serving()).toEqual(["b"]);
    expect(on.changed).toEqual(["b"]);
  });

  it("does not wait when that was heard before", () => {
    const on = bench();
    die(on, "a");
    hear(on, "a");
    on.settle("b", leads(), 2);
    expect(on.serving()).toEqual(["b"]);
  });

  it("waits for handover at most, counted from the down", () => {
    const on = bench({ handoverMs: 4000 });
    die(on, "a");
    const since = on.now;
    on.settle("b", leads(), 2);
    on.pass(since + 3999 - on.now);
    expect(on.serving()).toEqual([]);
    on.pass(1);
    expect(on.serving()).toEqual(["b"]);
    const late = bench({ handoverMs: 4000 });
    die(late, "a");
    late.pass(5000);
    late.settle("b", leads(), 2);
    expect(late.serving()).toEqual(["b"]);
  });

  it("lets the old one back at once when it was only gone for a moment", () => {
    const on = bench();
    die(on, "a");
    on.settle("a", leads(), 2);
    expect(on.serving()).toEqual(["a"]);
    expect(on.view.memory.handoverUntil).toBeNull();
  });

  it("takes no hearing of a writer that is up", () => {
    const on = bench();
    hear(on, "a");
    die(on, "a");
    on.settle("b", leads(), 2);
    expect(on.serving()).toEqual([]);
  });

  it("waits again in the next hand-over", () => {
    const on = bench();
    die(on, "a");
    hear(on, "a");
    on.settle("b", leads(), 2);
    die(on, "b");
    on.settle("c", leads(), 2);
    expect(on.serving()).toEqual([]);
    hear(on, "b");
    expect(on.serving()).toEqual(["c"]);
  });

  it("also holds when the old one is drained or put into maint", () => {
    for (const kind of ["drain", "maint"] as const) {
      const on = bench();
      on.apply({ kind: "ordered", target: "a", override: order(kind) });
      on.settle("b", leads(), 2);
      expect(on.serving()).toEqual([]);
      on.pass(10_000);
      expect(on.serving()).toEqual(["b"]);
      on.apply({ kind: "ordered", target: "a", override: null });
      expect(on.serving()).toEqual(["b"]);
    }
  });

  it("holds over a restart", () => {
    const on = bench();
    const memory = JSON.parse(JSON.stringify(on.view.memory));
    const again = new Bench({ policy: { role: "writer" }, memory, at: on.now });
    die(again, "a");
    again.see("b", leads());
    again.see("b", leads());
    again.see("c", reads("b"));
    expect(again.serving()).toEqual([]);
    again.pass(600);
    again.settle("b", leads(), 2);
    again.settle("a", seen("fail"));
    expect(again.verdict("b").reason).toMatch(/^is to lead, waits/);
    hear(again, "a");
    expect(again.serving()).toEqual(["b"]);
  });

  it("keeps saying down for a writer that left its pool, until that is heard", () => {
    const on = bench();
    on.apply({ kind: "listed", targets: [target("b"), target("c")], complete: true });
    on.see("c", reads("b"));
    on.settle("b", leads(), 2);
    expect(on.verdict("a")).toMatchObject({ state: "down", reason: "has left the pool" });
    on.see("a", leads());
    expect(on.serving()).toEqual([]);
    hear(on, "a");
    expect(on.serving()).toEqual(["b"]);
    expect([...on.view.rows.keys()]).toEqual(["b", "c"]);
  });

  it("forgets a writer that left after handover, and knows it again when it is back in time", () => {
    const on = bench();
    on.apply({ kind: "listed", targets: [target("b"), target("c")], complete: true });
    on.apply({ kind: "listed", targets: [target("a"), target("b"), target("c")], complete: true });
    on.settle("a", leads(), 2);
    expect(on.serving()).toEqual(["a"]);
    on.apply({ kind: "listed", targets: [target("b"), target("c")], complete: true });
    on.pass(10_000);
    expect([...on.view.rows.keys()]).toEqual(["b", "c"]);
  });

  it("tells a down of the old writer's name when that stands for another server now", () => {
    const on = bench();
    on.apply({ kind: "listed", targets: [{ ...target("a"), port: 9999 }, target("b"), target("c")], complete: true });
    on.see("c", reads("b"));
    on.settle("b", leads(), 2);
    expect(on.verdict("a").state).toBe("down");
    expect(on.serving()).toEqual([]);
    hear(on, "a");
    expect(on.serving()).toEqual(["b"]);
  });
});

describe("an old master that returns", () => {
  const replaced = (policy: Partial<PoolPolicy> = {}) => {
    const on = bench(policy);
    die(on, "a");
    hear(on, "a");
    on.settle("b", leads(), 2);
    on.settle("c", reads(null));
    on.settle("a", leads(), 2);
    return on;
  };

  it("stays out while the new one leads, and the two are alarmed", () => {
    const on = replaced();
    expect(on.serving()).toEqual(["b"]);
    expect(on.alarms()).toEqual(["two-writers"]);
    expect(on.verdict("a").reason).toBe("b leads: the last agreed, while a, b claim to be and no witness decides");
  });

  it("stays out when the new one is gone for a moment, as nobody speaks for it", () => {
    const on = replaced();
    die(on, "b");
    hear(on, "b");
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("no writer: it led before b took over, and no witness speaks for it");
    on.settle("b", leads(), 2);
    expect(on.serving()).toEqual(["b"]);
  });

  it("may lead again once it was seen as a reader", () => {
    const on = replaced();
    on.settle("a", reads("b"));
    die(on, "b");
    hear(on, "b");
    on.settle("a", leads(), 2);
    expect(on.serving()).toEqual(["a"]);
  });

  it("may lead again when replicas follow it", () => {
    const on = replaced();
    die(on, "b");
    hear(on, "b");
    on.settle("c", reads("a"));
    expect(on.serving()).toEqual(["a"]);
  });

  it("may lead again when the new one has left the pool", () => {
    const on = replaced();
    on.apply({ kind: "listed", targets: [target("a"), target("c")], complete: true });
    on.pass(10_000);
    expect(on.serving()).toEqual(["a"]);
  });

  it("may lead again where no witness is wanted", () => {
    const on = replaced({ witness: "none" });
    die(on, "b");
    hear(on, "b");
    expect(on.serving()).toEqual(["a"]);
  });

  it("is known by its history too, even when it never led here", () => {
    const on = new Bench({ targets: [target("a"), target("b")], policy: { role: "writer" } });
    on.see("a", "fail");
    on.see("b", leads({ lineage: ["b1", "a1"] }));
    die(on, "b");
    on.settle("a", leads({ lineage: ["a1", "0"] }), 2);
    on.pass(20_000);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("no writer: b has gone on from its history since");
  });
});

describe("two that claim to lead", () => {
  /** a and b claim, c is what it is; nobody led before. */
  const two = (
    a: Partial<Claim>,
    b: Partial<Claim>,
    c: Observation = reads(null),
    policy: Partial<PoolPolicy> = {},
  ) => {
    const on = new Bench({ policy: { role: "writer", ...policy } });
    on.see("c", c);
    on.see("a", leads(a));
    on.see("b", leads(b));
    return on;
  };
  const c = (more: Partial<Claim>) => reads(null, more);

  it.each<[string, Bench, string[], string]>([
    ["nobody without a witness", two({}, {}), [], "a, b claim to be the writer and no witness decides"],
    ["the majority of the Sentinels", two({}, {}, c(says("b"))), ["b"], "3 of 3 sentinels name it"],
    [
      "the majority over replicas and terms",
      two({ term: 9 }, { term: 1 }, reads("a", says("b", 2))),
      ["b"],
      "2 of 3 sentinels name it",
    ],
    ["nobody where the majority names a third", two({}, {}, c(says("c"))), [], "3 of 3 sentinels name c"],
    [
      "no minority of the Sentinels",
      two({}, {}, c(says("b", 1))),
      [],
      "a, b claim to be the writer and no witness decides",
    ],
    ["the replicas", two({ term: 9 }, { term: 1 }, reads("b")), ["b"], "a replica follows it"],
    ["the newer term", two({ term: 7 }, { term: 8 }), ["b"], "its term is newer"],
    ["nobody at equal terms", two({ term: 8 }, { term: 8 }), [], "a, b claim to be the writer and no witness decides"],
    [
      "nobody where one term is unknown",
      two({ term: 8 }, {}),
      [],
      "a, b claim to be the writer and no witness decides",
    ],
    [
      "the history that goes on from the other",
      two({ lineage: ["x"] }, { lineage: ["y", "x"] }),
      ["b"],
      "its history goes on from the other's",
    ],
    [
      "nobody where both go on from each other",
      two({ lineage: ["x", "y"] }, { lineage: ["y", "x"] }),
      [],
      "a, b claim to be the writer and no witness decides",
    ],
    [
      "nobody by terms where none is wanted",
      two({ term: 1 }, { term: 2 }, c(says("b")), { witness: "none" }),
      [],
      "a, b claim to be the writer and no witness decides",
    ],
    [
      "nobody by terms where a witness is required",
      two({ term: 1 }, { term: 2 }, c({}), { witness: "require" }),
      [],
      "no witness has agreed within 10s",
    ],
  ])("are decided by %s", (_, on, serving, why) => {
    expect(on.serving()).toEqual(serving);
    const text = on.view.alarms.find((alarm) => alarm.code === "two-writers")?.text;
    const leads = serving.map((name) => `, ${name} leads`).join("");
    expect(text).toBe(`a, b claim to be the writer${leads}: ${why}`);
  });

  it("are held with the last agreed while that still claims, and the board shows one at most", () => {
    const on = bench();
    on.settle("c", reads(null));
    on.settle("b", leads(), 4);
    expect(on.serving()).toEqual(["a"]);
    expect(on.verdict("a").reason).toMatch(/^leads: the last agreed/);
  });

  it("change hands when the witness changes its mind, the old one down first", () => {
    const on = bench({}, says("a"));
    on.settle("b", leads(says("b")), 2);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("b leads: 3 of 3 sentinels name it");
    hear(on, "a");
    expect(on.serving()).toEqual(["b"]);
  });

  it("are decided anew as soon as a term grows", () => {
    const on = two({ term: 7 }, { term: 7 });
    on.pass(300);
    on.see("b", leads({ term: 8 }));
    expect(on.serving()).toEqual(["b"]);
  });

  it("do not take turns when both go on writing and overtake each other", () => {
    const on = two({ term: 7 }, { term: 8 });
    expect(on.serving()).toEqual(["b"]);
    const seenUp = new Set<string>();
    for (let term = 9; term < 60; term++) {
      on.pass(1000);
      on.see(term % 2 ? "a" : "b", leads({ term }));
      seenUp.add(on.serving().join("+"));
    }
    expect([...seenUp]).toEqual(["", "a"]);
    expect(on.serving()).toEqual(["a"]);
  });

  it("are not decided by what a replica said before the new one was agreed on", () => {
    const on = bench();
    die(on, "a");
    hear(on, "a");
    on.settle("b", leads(), 2);
    on.settle("a", leads(), 2);
    expect(on.serving()).toEqual(["b"]);
    on.see("c", reads("a"));
    expect(on.verdict("b").reason).toBe("a leads: a replica follows it");
  });

  it("are told apart by replicas that name names, which only another target's address can refute", () => {
    const on = new Bench({
      targets: [{ ...target("a"), host: "db1" }, { ...target("b"), host: "db2.example" }, target("c")],
      policy: { role: "writer" },
    });
    on.see("c", seen("fail", { claim: claim("reader", { follows: "db2:3306" }) }));
    on.see("a", leads());
    on.see("b", leads());
    expect(on.serving()).toEqual(["b"]);
  });
});

describe("a required witness", () => {
  const agreed = () => bench({ witness: "require" }, says("a"));

  it("keeps the writer up while it agrees", () => {
    const on = agreed();
    for (let i = 0; i < 20; i++) {
      on.pass(2000);
      on.see("a", leads(says("a")));
    }
    expect(on.serving()).toEqual(["a"]);
  });

  it("takes a lone writer in a minority partition down after witness_age, to the millisecond", () => {
    const on = agreed();
    const last = on.now;
    for (const name of ["b", "c"] as const) on.settle(name, seen("fail", { reason: "timed out" }));
    for (let i = 0; i < 4; i++) {
      on.pass(2000);
      on.see("a", leads(says("a", 1)));
    }
    expect(on.serving()).toEqual(["a"]);
    on.pass(last + 10_000 - on.now);
    expect(on.serving()).toEqual(["a"]);
    on.pass(1);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("no writer: no witness has agreed within 10s: 1 of 3 sentinels have a vote");
    on.see("a", leads(says("a", 2)));
    expect(on.serving()).toEqual(["a"]);
  });

  it("keeps it through a password rotation while the Sentinels go on answering", () => {
    const on = agreed();
    for (let i = 0; i < 10; i++) {
      on.pass(2000);
      on.see("a", seen("unknown", { reason: "WRONGPASS", claim: claim("writer", says("a")) }));
    }
    expect(on.serving()).toEqual(["a"]);
  });

  it("does not let a new one up that claims before the Sentinels have switched", () => {
    const on = agreed();
    die(on, "a");
    hear(on, "a");
    on.settle("b", leads(says("a")), 2);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("b").reason).toBe("no writer: 3 of 3 sentinels name a");
    on.see("b", leads(says("b")));
    expect(on.serving()).toEqual(["b"]);
  });

  it("does not take the replicas on this side of a partition for the majority of the Sentinels on the other", () => {
    const on = agreed();
    for (let i = 0; i < 6; i++) {
      on.pass(2000);
      on.see("a", leads(says("a", 1)));
      for (const name of ["b", "c"] as const) on.see(name, reads("a", says("a", 1)));
    }
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("no writer: no witness has agreed within 10s: 1 of 3 sentinels have a vote");
  });

  it("takes replicas for a witness where the Sentinels agree on a name that cannot be matched", () => {
    const on = bench({ witness: "require" }, { witness: { says: "redis-1:3306", votes: 3, of: 3 } });
    expect(on.serving()).toEqual(["a"]);
  });

  it("takes the same words of a replica for news when the last ones had lapsed, again and again", () => {
    const on = bench({ witness: "require" });
    for (let i = 0; i < 3; i++) {
      on.pass(10_001);
      expect(on.serving()).toEqual([]);
      on.see("b", reads("a"));
      expect(on.serving()).toEqual(["a"]);
    }
  });

  it("takes replicas for a witness where there are no Sentinels", () => {
    const on = bench({ witness: "require" });
    expect(on.serving()).toEqual(["a"]);
    for (const name of ["b", "c"] as const) die(on, name);
    on.pass(9000);
    on.see("a", leads());
    expect(on.serving()).toEqual(["a"]);
    on.pass(1001);
    expect(on.serving()).toEqual([]);
    on.settle("b", reads("a"));
    expect(on.serving()).toEqual(["a"]);
  });
});

describe("a preferred witness", () => {
  it("may be silent: then a lone claim is enough", () => {
    const on = bench({}, says("a"));
    for (const name of ["b", "c"] as const) die(on, name);
    for (let i = 0; i < 10; i++) {
      on.pass(2000);
      on.see("a", leads());
    }
    expect(on.serving()).toEqual(["a"]);
  });

  it("is believed when it speaks against a lone claim", () => {
    const on = bench();
    die(on, "a");
    hear(on, "a");
    on.settle("c", reads(null, { follows: "10.0.7.7:3306" }));
    on.settle("b", leads(), 2);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("b").reason).toBe("no writer: a replica follows 10.0.7.7:3306");
  });

  it("is believed when a replica says again, after a new one was agreed on, that it follows one we do not know", () => {
    const on = bench();
    die(on, "a");
    hear(on, "a");
    on.settle("b", leads(), 2);
    on.apply({ kind: "listed", targets: [target("b"), target("c")], complete: true });
    expect(on.serving()).toEqual(["b"]);
    on.pass(300);
    on.see("c", reads("a"));
    expect(on.verdict("b").reason).toBe("no writer: a replica follows 10.0.0.98:3306");
  });

  it("does not hold a promotion up because a replica still points at the dead one", () => {
    const on = bench();
    die(on, "a");
    hear(on, "a");
    on.settle("c", reads("a"));
    on.settle("b", leads(), 2);
    expect(on.serving()).toEqual(["b"]);
  });

  it("is believed when replicas still follow one that was taken out of the pool", () => {
    const on = bench();
    on.apply({ kind: "listed", targets: [target("b"), target("c")], complete: true });
    on.settle("c", reads("a"), 1);
    hear(on, "a");
    on.settle("b", leads(), 2);
    expect(on.verdict("b").reason).toBe("no writer: a replica follows 10.0.0.98:3306");
    on.see("c", reads("b"));
    expect(on.serving()).toEqual(["b"]);
  });

  it("whose Sentinels name a stranger, keeps everybody out", () => {
    const on = bench({}, { witness: { says: "10.0.7.7:3306", votes: 3, of: 3 } });
    expect(on.serving()).toEqual([]);
    expect(on.verdict("a").reason).toBe("no writer: 3 of 3 sentinels name 10.0.7.7:3306, no target of this pool");
  });

  it("whose Sentinels give a name that cannot be matched with an address, is no witness", () => {
    const on = bench({}, { witness: { says: "redis-1:3306", votes: 3, of: 3 } });
    expect(on.serving()).toEqual(["a"]);
  });
});
