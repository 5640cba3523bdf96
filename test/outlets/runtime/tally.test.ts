import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/contract.ts";
import { type Told, tallyOf } from "../../../src/outlets/runtime/tally.ts";
import { createFakeClock } from "../../engine/fake-clock.ts";
import { outletEnv, viewOf } from "../outlet-env.ts";

function rig() {
  const registry = { maxOps: 1 } as Parameters<typeof outletEnv>[2]; // nobody asks it
  const { env, board, deliveries } = outletEnv("web", createFakeClock(), registry);
  const tally = tallyOf(env);
  let since = 0;
  const show = (state: "up" | "down") => {
    since += 1;
    const view = viewOf("web", { a: { state } });
    const row = view.rows.get("a");
    if (row?.verdict == null) throw new Error("no row");
    const dated = { ...view, rows: new Map([["a", { ...row, verdict: { ...row.verdict, since } }]]) };
    board.post(dated);
    tally.see(dated);
    return dated;
  };
  return { env, tally, deliveries, show };
}
const DOWN: Told = { state: "synced", told: "down", shown: "DOWN (agent)", error: null };
const UP: Told = { state: "pending", told: "down", shown: "UP", error: null };
const brief = ({ state, shown }: Delivery): string => `${state} ${shown}`;

describe("what all sockets show", () => {
  it("counts as told when every one of them shows it, and is reported when it is news", () => {
    const { env, tally, deliveries, show } = rig();
    tally.join("s1");
    tally.join("s2");
    const view = show("down");
    tally.tell(env, "s1", view, "a", UP);
    tally.tell(env, "s1", view, "a", DOWN);
    tally.tell(env, "s1", view, "a", DOWN);
    tally.tell(env, "s2", view, "a", UP);
    tally.tell(env, "s2", view, "a", DOWN);
    tally.tell(env, "s2", view, "a", DOWN);
    expect(deliveries.map(brief)).toEqual([
      "pending UP",
      "pending DOWN (agent)",
      "pending DOWN (agent), UP",
      "synced DOWN (agent)",
    ]);
  });

  it("forgets what a silent socket showed of an earlier down", () => {
    const { env, tally, deliveries, show } = rig();
    tally.join("s1");
    tally.join("s2");
    const first = show("down");
    for (const socket of ["s1", "s2"]) tally.tell(env, socket, first, "a", DOWN);
    show("up");
    const second = show("down");
    tally.tell(env, "s1", second, "a", DOWN);
    expect(deliveries.map(brief)).toEqual(["pending DOWN (agent)", "synced DOWN (agent)", "pending DOWN (agent)"]);
    tally.tell(env, "s2", second, "a", DOWN);
    expect(deliveries.map(brief).at(-1)).toBe("synced DOWN (agent)");
  });

  it("takes no word that belongs to a verdict that is over", () => {
    const { env, tally, deliveries, show } = rig();
    tally.join("s1");
    const old = show("down");
    show("up");
    tally.tell(env, "s1", old, "a", DOWN);
    expect(deliveries).toEqual([]);
  });

  it("is failed while one does not answer, and does not wait for one that left", () => {
    const { env, tally, deliveries, show } = rig();
    tally.join("s1");
    const leave = tally.join("s2");
    const view = show("down");
    tally.tell(env, "s1", view, "a", DOWN);
    tally.tell(env, "s2", view, "a", { state: "failed", told: "down", shown: null, error: "no answer of s2" });
    expect(deliveries.at(-1)).toMatchObject({ state: "failed", error: "no answer of s2" });
    leave();
    tally.tell(env, "s1", view, "a", DOWN);
    expect(deliveries.at(-1)).toMatchObject({ state: "synced", error: null });
  });
});
