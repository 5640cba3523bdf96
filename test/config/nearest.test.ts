import { describe, expect, it } from "vitest";
import { allowedHint, distance, nearest } from "../../src/config/nearest.ts";

describe("distance", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["fall", "fall", 0],
    ["fal", "fall", 1],
    ["fell", "fall", 1],
    ["flal", "fall", 1],
    ["timout", "timeout", 1],
    ["kitten", "sitting", 3],
  ])("%s to %s is %d", (a, b, steps) => {
    expect(distance(a, b)).toBe(steps);
    expect(distance(b, a)).toBe(steps);
  });
});

describe("nearest", () => {
  it.each([
    ["timout", ["every", "timeout", "fast"], "timeout"],
    ["maxage", ["max_age", "margin"], "max_age"],
    ["Fall", ["fall", "fast"], "fall"],
    ["evry", ["every", "fast"], "every"],
    ["zzz", ["every", "fast"], null],
    ["x", ["fast"], null],
    ["anything", [], null],
  ])("of %s among %j is %s", (word, allowed, found) => {
    expect(nearest(word, allowed)).toBe(found);
  });
});

describe("allowedHint", () => {
  it.each([
    ["fal", ["rise", "fall"], 'did you mean "fall"?'],
    ["zzz", ["rise", "fall"], "allowed: rise, fall"],
    ["zzz", [], "there is none"],
  ])("for %s among %j says %s", (word, allowed, hint) => {
    expect(allowedHint(word, allowed)).toBe(hint);
  });

  it("puts those first of many that hold the word", () => {
    const facts = [
      "role",
      "badness",
      "primary",
      "channel",
      "lagSeconds",
      "heartbeatLagSeconds",
      "version",
      "a",
      "b",
      "c",
    ];
    expect(allowedHint("lag", [...facts, "d", "e", "f"])).toMatch(/^closest: lagSeconds, heartbeatLagSeconds, /);
  });
});
