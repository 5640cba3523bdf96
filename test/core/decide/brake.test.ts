import { describe, expect, it } from "vitest";
import type { PoolPolicy } from "../../../src/core/types.ts";
import { Bench, order, target } from "../build.ts";

const brake = { share: 0.5, withinMs: 10_000, forMs: 60_000 };
const names = ["a", "b", "c", "d"];

function bench(policy: Partial<PoolPolicy> = {}, references = ["r", "s"]): Bench {
  const targets = [...names.map((name) => target(name)), ...references.map((name) => target(name, "reference"))];
  const made = new Bench({ targets, policy: { brake, ...policy } });
  for (const { name } of targets) made.see(name, "pass");
  made.pass(60_000);
  return made;
}
const fail = (on: Bench, ...who: string[]) => {
  for (const name of who) on.settle(name, "fail");
};

describe("the brake", () => {
  it("never shows a reference as a target that could serve", () => {
    const on = bench();
    expect(on.row("r").verdict).toBeNull();
    expect(on.serving()).toEqual(names);
  });

  it("restores and holds what is lost while our own references fail too, and alarms", () => {
    const on = bench();
    fail(on, "a", "b", "c", "r");
    expect(on.serving()).toEqual(["d"]);
    fail(on, "s");
    expect(on.serving()).toEqual(names);
    expect(on.verdict("a").reason).toBe("held by the brake, as our references fail too: says fail");
    expect(on.view.alarms).toEqual([
      {
        code: "brake",
        text: "our own references fail too, so the verdicts from before are held: a, b, c",
        target: null,
      },
    ]);
    fail(on, "d");
    expect(on.serving()).toEqual(names);
  });

  it("restores weights as they were", () => {
    const on = bench({ weight: { by: "x", curve: [[0, 40]], step: 5 } });
    fail(on, "a", "b", "c", "r", "s");
    expect(on.verdict("a").weight).toBe(40);
  });

  it.each<[string, readonly string[]]>([
    ["while a reference answers", ["a", "b", "c", "d", "r"]],
    ["for a loss that is not more than the share", ["a", "b", "r", "s"]],
  ])("does not act %s", (_, who) => {
    const on = bench();
    fail(on, ...who);
    const lost = names.filter((name) => who.includes(name));
    expect(on.serving()).toEqual(names.filter((name) => !lost.includes(name)));
  });

  it("does not act for losses that are older than the window, nor without references", () => {
    const on = bench();
    fail(on, "a", "b", "c");
    on.pass(10_001);
    fail(on, "r", "s");
    expect(on.serving()).toEqual(["d"]);
    const lone = bench({}, []);
    fail(lone, "a", "b", "c");
    expect(lone.serving()).toEqual(["d"]);
  });

  it("lets go when a reference answers again", () => {
    const on = bench();
    fail(on, "a", "b", "c", "r", "s");
    on.settle("r", "pass", 2);
    expect(on.serving()).toEqual(["d"]);
    expect(on.alarms()).toEqual([]);
  });

  it("lets go after its time and does not take hold again before a reference has answered", () => {
    const on = bench();
    fail(on, "a", "b", "c", "r", "s");
    on.pass(61_000);
    expect(on.serving()).toEqual(["d"]);
    fail(on, "d");
    expect(on.serving()).toEqual([]);
    on.settle("r", "pass", 2);
    for (const name of names) on.settle(name, "pass", 2);
    on.pass(60_000);
    fail(on, "a", "b", "c", "r");
    expect(on.serving()).toEqual(names);
  });

  it("leaves targets under order alone, and counts them for nothing", () => {
    const on = bench();
    on.apply({ kind: "ordered", target: "a", override: order("maint") });
    fail(on, "b", "c", "r", "s");
    expect(on.serving()).toEqual(["b", "c", "d"]);
    on.apply({ kind: "ordered", target: "b", override: order("maint") });
    expect(on.serving()).toEqual(["c", "d"]);
  });

  it("takes a backup out again that came in for the lost ones", () => {
    const made = new Bench({
      targets: [...names.map((name) => target(name)), target("primary", "backup"), target("r", "reference")],
      policy: { brake, fallback: true },
    });
    for (const name of [...names, "primary", "r"]) made.see(name, "pass");
    made.pass(60_000);
    fail(made, ...names);
    expect(made.serving()).toEqual(["primary"]);
    fail(made, "r");
    expect(made.serving()).toEqual(names);
  });

  it("holds over a restart", () => {
    const on = bench();
    fail(on, "a", "b", "c", "r", "s");
    const memory = JSON.parse(JSON.stringify(on.view.memory));
    const targets = [...names, "r", "s"].map((name) =>
      target(name, name === "r" || name === "s" ? "reference" : "member"),
    );
    const again = new Bench({ targets, policy: { brake }, memory, at: on.now });
    for (const name of ["r", "s", ...names]) again.see(name, name === "d" ? "pass" : "fail");
    expect(again.serving()).toEqual(names);
  });
});
