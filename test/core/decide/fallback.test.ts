import { describe, expect, it } from "vitest";
import type { PoolPolicy, Target } from "../../../src/core/types.ts";
import { Bench, claim, order, seen, target } from "../build.ts";

const primary: Target = { ...target("primary", "backup"), host: "10.0.9.9", port: 3301 };
const follows = (address: string | null) => seen("pass", { claim: claim("reader", { follows: address }) });

function bench(policy: Partial<PoolPolicy> = {}, to: string | null = "10.0.9.9:3301"): Bench {
  const made = new Bench({ targets: [target("a"), target("b"), primary], policy: { fallback: true, ...policy } });
  for (const name of ["a", "b"]) made.see(name, follows(to));
  made.see("primary", "pass");
  return made;
}
const allDown = (on: Bench) => {
  for (const name of ["a", "b"]) on.settle(name, "fail");
};

describe("fallback to the primary", () => {
  it("stands by while a replica is up", () => {
    const on = bench();
    expect(on.verdict("primary")).toMatchObject({
      state: "down",
      weight: 0,
      reason: "backup, serves only while no replica is up",
    });
    on.settle("a", "fail");
    expect(on.serving()).toEqual(["b"]);
  });

  it("serves when none is, and leaves when one is back", () => {
    const on = bench();
    allDown(on);
    expect(on.serving()).toEqual(["primary"]);
    expect(on.verdict("primary").reason).toBe("serves as none of 2 replicas is up: says pass");
    expect(on.alarms()).toContain("fallback");
    on.settle("b", follows("10.0.9.9:3301"), 2);
    expect(on.serving()).toEqual(["b"]);
    expect(on.alarms()).toEqual([]);
  });

  it("stands by while late replicas still serve", () => {
    const on = bench();
    for (const name of ["a", "b"]) on.settle(name, "warn");
    expect(on.serving()).toEqual(["a", "b"]);
  });

  it("serves instead of late replicas where those may not", () => {
    const on = bench({ whenNoneFit: "none" });
    for (const name of ["a", "b"]) on.settle(name, "warn");
    expect(on.serving()).toEqual(["primary"]);
  });

  it("serves when an operator has taken all replicas out", () => {
    const on = bench();
    for (const name of ["a", "b"]) on.apply({ kind: "ordered", target: name, override: order("drain") });
    expect(on.serving()).toEqual(["primary"]);
  });

  it("serves when there is no replica at all", () => {
    const on = bench();
    on.apply({ kind: "listed", targets: [primary], complete: true });
    expect(on.verdict("primary").reason).toBe("serves as there is no replica: says pass");
  });

  it("does not happen unless asked for", () => {
    const on = bench({ fallback: false });
    allDown(on);
    expect(on.serving()).toEqual([]);
    expect(on.verdict("primary").reason).toBe("backup, and fallback is off");
  });

  it("needs a primary that lives, and takes one that is only saturated", () => {
    const on = bench();
    allDown(on);
    on.settle("primary", "warn");
    expect(on.serving()).toEqual(["primary"]);
    on.settle("primary", "fail");
    expect(on.serving()).toEqual([]);
    expect(on.verdict("primary").reason).toBe("says fail");
  });

  it("obeys an order", () => {
    const on = bench();
    on.apply({ kind: "ordered", target: "primary", override: order("maint") });
    allDown(on);
    expect(on.serving()).toEqual([]);
  });

  it.each([
    ["10.0.9.8:3301", []],
    ["10.0.9.9:3302", []],
    ["10.0.9.9:3301", ["primary"]],
    ["db1.example:3301", ["primary"]],
    [null, ["primary"]],
  ])("looks at whom the dead replicas followed: %s", (to, serving) => {
    const on = bench({}, to);
    allDown(on);
    expect(on.serving()).toEqual(serving);
    expect(on.alarms().includes("fallback-refused")).toBe(serving.length === 0);
  });

  it("remembers whom they followed over a restart", () => {
    const memory = JSON.parse(JSON.stringify(bench({}, "10.0.9.8:3301").view.memory));
    const on = new Bench({ targets: [target("a"), target("b"), primary], policy: { fallback: true }, memory });
    for (const name of ["a", "b"]) on.settle(name, "fail");
    on.see("primary", "pass");
    expect(on.serving()).toEqual([]);
  });

  it("waits while a replica cannot be judged, as that one is still where HAProxy left it", () => {
    const on = new Bench({ targets: [target("a"), target("b"), primary], policy: { fallback: true } });
    on.see("a", "fail");
    on.see("b", "unknown");
    on.see("primary", "pass");
    expect(on.serving()).toEqual([]);
    on.see("b", "fail");
    expect(on.serving()).toEqual(["primary"]);
  });

  it("stays with the one that serves where there are several backups, else the one called primary", () => {
    const spare: Target = { ...primary, name: "aa", host: "10.0.9.7" };
    const on = new Bench({ targets: [target("a"), primary, spare], policy: { fallback: true } });
    on.see("a", "fail");
    for (const name of ["primary", "aa"]) on.see(name, "pass");
    expect(on.serving()).toEqual(["primary"]);
    on.settle("primary", "fail");
    expect(on.serving()).toEqual(["aa"]);
    on.settle("primary", "pass", 2);
    expect(on.serving()).toEqual(["aa"]);
  });
});
