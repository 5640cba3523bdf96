import { describe, expect, it } from "vitest";
import type { Names } from "../../../src/haproxy/names.ts";
import { wantedOf, wantedSlots } from "../../../src/outlets/runtime/wanted.ts";
import { type Made, viewOf } from "../outlet-env.ts";

const use = (made: Made, meta: Readonly<Record<string, string>> = {}, staleAt = 1000, now = 0) => {
  const row = viewOf("web", { a: made }).rows.get("a");
  if (row === undefined) throw new Error("no row");
  const verdict = row.verdict === null ? null : { ...row.verdict, staleAt };
  return wantedOf({ ...row, target: { ...row.target, meta }, verdict }, now);
};

describe("what the board wants of a slot", () => {
  it.each<[string, Made, string, number]>([
    ["an up serves", { state: "up" }, "serve", 100],
    ["a weight is kept", { state: "up", weight: 40 }, "serve", 40],
    ["a down is off", { state: "down" }, "off", 0],
    ["a drain finishes what it has", { state: "up", weight: 0, order: "drain" }, "drain", 0],
    ["maintenance is off", { state: "down", order: "maint" }, "off", 0],
    ["nobody has spoken of it: it stays as it is", { state: "none" }, "hold", 0],
  ])("%s", (_, made, expected, percent) => {
    expect(use(made)).toMatchObject({ use: expected, percent });
  });

  it("stays as it is when the verdict is no news any more, but an order never grows old", () => {
    expect(use({ state: "down" }, {}, 1000, 2000)?.use).toBe("hold");
    expect(use({ state: "up" }, {}, 1000, 2000)?.use).toBe("hold");
    expect(use({ state: "down", order: "maint" }, {}, 1000, 2000)?.use).toBe("off");
  });

  it("is the weight that a registration asks for, and nothing for a reference", () => {
    expect(use({ state: "up" }, { weight: "30" })?.fullWeight).toBe(30);
    expect(use({ state: "up" }, { weight: "1000" })?.fullWeight).toBeNull();
    expect(use({ state: "up" })?.fullWeight).toBeNull();
    expect(use({ state: "up", part: "reference" })).toBeNull();
  });

  it("has every address once, and says whose is not known", async () => {
    const names: Names = {
      addressOf: async (host) => (host === "lost" ? null : host.startsWith("twin") ? "10.0.0.1" : host),
    };
    const view = viewOf("web", {
      a: { state: "up", host: "10.0.0.1" },
      b: { state: "up", host: "twin.example.com" },
      c: { state: "up", host: "lost" },
      d: { state: "up", host: "10.0.0.1", port: 81 },
    });
    const { wanted, twins, nameless } = await wantedSlots(view, names, 0);
    expect(wanted.map(({ name }) => name)).toEqual(["a", "d"]);
    expect([twins, nameless]).toEqual([["b"], ["c"]]);
  });
});
