import { describe, expect, it } from "vitest";
import type { Claim, Observation, PoolPolicy } from "../../src/core/types.ts";
import { Bench, claim, seen } from "./build.ts";

const at = { a: "10.0.0.98:3306", b: "10.0.0.99:3306", c: "10.0.0.100:3306" };
type Name = keyof typeof at;
const says = (name: Name): Partial<Claim> => ({ witness: { says: at[name], votes: 3, of: 3 } });
const leads = (more: Partial<Claim> = {}): Observation => seen("pass", { claim: claim("writer", more) });
const stalled = seen("unknown", { reason: "this process was stalled" });

/** a leads, b and c follow it. */
function bench(policy: Partial<PoolPolicy> = {}, more: Partial<Claim> = {}): Bench {
  const on = new Bench({ policy: { role: "writer", witness: "require", ...policy } });
  on.see("a", leads(more));
  for (const name of ["b", "c"]) on.see(name, seen("fail", { claim: claim("reader", { follows: at.a, ...more }) }));
  return on;
}

/** Nothing happens for so long, not even a timer. */
function freeze(on: Bench, ms: number): void {
  on.now += ms;
  on.apply({ kind: "woken" });
}

describe("a process that was frozen for longer than witness_age", () => {
  it.each([
    ["with Sentinels", says("a")],
    ["with replicas as witness", {}],
  ])("keeps its writer until it has asked again, %s", (_, more) => {
    const on = bench({}, more);
    const { since } = on.verdict("a");
    freeze(on, 60_000);
    expect(on.serving()).toEqual(["a"]);
    for (const name of ["a", "b", "c"]) on.see(name, stalled);
    expect(on.serving()).toEqual(["a"]);
    on.pass(300);
    on.see("b", seen("fail", { claim: claim("reader", { follows: at.a, ...more }) }));
    on.see("c", seen("fail", { claim: claim("reader", { follows: at.a, ...more }) }));
    on.see("a", leads(more));
    on.pass(5000);
    expect(on.verdict("a")).toMatchObject({ state: "up", since });
  });

  it("lets it go when nobody speaks for it in the time that an answer takes", () => {
    const on = bench({ settleMs: 1750 }, says("a"));
    freeze(on, 60_000);
    on.see("a", leads({ witness: { says: at.a, votes: 1, of: 3 } }));
    on.pass(1749);
    expect(on.serving()).toEqual(["a"]);
    on.pass(1);
    expect(on.serving()).toEqual([]);
  });

  it("lets it go at once when the Sentinels name another now", () => {
    const on = bench({}, says("a"));
    freeze(on, 60_000);
    on.see("b", leads(says("b")));
    expect(on.serving()).toEqual([]);
  });

  it("goes on with a hand-over where it stood: HAProxy has heard nothing in the meantime", () => {
    const on = bench({ handoverMs: 4000 }, says("a"));
    on.see("a", seen("fail"), "event");
    on.pass(1000);
    on.see("c", stalled);
    freeze(on, 60_000);
    on.settle("b", leads(says("b")), 2);
    expect(on.serving()).toEqual([]);
    on.pass(2499);
    expect(on.serving()).toEqual([]);
    on.pass(1);
    expect(on.serving()).toEqual(["b"]);
  });

  it("is not thought to be frozen while it asks as it should", () => {
    const on = bench({ staleMs: 6000 }, says("a"));
    on.pass(5999);
    on.see("a", leads({ witness: { says: at.a, votes: 1, of: 3 } }));
    on.pass(4002);
    expect(on.serving()).toEqual([]);
  });
});
