import { describe, expect, it } from "vitest";
import {
  clockTime,
  dayTime,
  factName,
  factText,
  headlineOf,
  measure,
  poolPath,
  poolTone,
  span,
  stateWord,
  stripWords,
  targetPath,
  tone,
} from "../../src/admin/page/view/words.ts";
import { downOf, NOW, poolOf, targetOf } from "./page-made.ts";

const order = { order: "maint" as const, owner: "ann", reason: "disk", since: NOW, until: null };

describe("a span of time", () => {
  it.each([
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [3599, "59m"],
    [3600, "1h"],
    [3600 + 300, "1h 5m"],
    [47 * 3600 + 60, "47h 1m"],
    [48 * 3600, "2d"],
    [400 * 86_400, "400d"],
  ])("of %d seconds is %s", (seconds, text) => {
    const later = new Date(Date.parse(NOW) + seconds * 1000).toISOString();
    expect(span(NOW, later)).toBe(text);
  });

  it("never is less than nothing: clocks differ", () => {
    expect(span(NOW, "2026-01-02T03:04:00.000Z")).toBe("0s");
  });

  it("from a time nobody knows is left out", () => {
    expect(span(null, NOW)).toBe("");
  });
});

describe("a time", () => {
  it("is told in UTC", () => {
    expect([clockTime(NOW), dayTime(NOW)]).toEqual(["03:04:05", "2026-01-02 03:04:05"]);
  });
});

describe("a strip", () => {
  it.each([
    ["", "not looked at yet"],
    ["p", "last 1: 1 pass"],
    ["ppwfu", "last 5: 2 pass, 1 warn, 1 fail, 1 unknown"],
  ])("of %j is told as %s", (recent, text) => {
    expect(stripWords(recent)).toBe(text);
  });
});

describe("a target", () => {
  const writers = poolOf({ role: "writer", serving: 1, members: 2 });
  it.each([
    ["fit", targetOf("a"), poolOf(), "up", "good"],
    ["fit with most of its weight", targetOf("a", { weight: 72 }), poolOf(), "up 72%", "good"],
    ["fit with little weight", targetOf("a", { weight: 20 }), poolOf(), "up 20%", "fair"],
    ["down", downOf("a"), poolOf(), "down", "bad"],
    ["late and down", downOf("a", { judged: "degraded" }), poolOf(), "down", "bad"],
    ["late and kept", targetOf("a", { judged: "degraded" }), poolOf(), "up", "fair"],
    ["fit and held down", downOf("a", { judged: "up" }), poolOf(), "down", "bad"],
    ["beside the writer", downOf("a", { judged: "up" }), writers, "stands by", "calm"],
    ["fit without a writer", downOf("a", { judged: "up" }), { ...writers, serving: 0 }, "down", "bad"],
    ["down beside the writer", downOf("a"), writers, "down", "bad"],
    ["a backup at rest", downOf("a", { judged: "up", part: "backup" }), poolOf(), "stands by", "calm"],
    ["a dead backup", downOf("a", { part: "backup" }), poolOf(), "down", "bad"],
    ["a reference that passes", targetOf("a", { part: "reference", state: null }), poolOf(), "seen up", "calm"],
    ["a reference that fails", downOf("a", { part: "reference", state: null }), poolOf(), "seen down", "fair"],
    ["under order", downOf("a", { order, judged: "up" }), poolOf(), "maint", "calm"],
    ["not seen yet", targetOf("a", { state: null, judged: "unknown", recent: "" }), poolOf(), "unknown", "calm"],
    ["not to be seen by our fault", targetOf("a", { recent: "pppu" }), poolOf(), "up", "fair"],
    ["never seen by our fault", targetOf("a", { state: null, recent: "uuu" }), poolOf(), "unknown", "fair"],
    ["seen no more", targetOf("a", { stale: true }), poolOf(), "up", "fair"],
  ] as const)("that is %s has its word and its colour", (_, target, pool, word, colour) => {
    expect([stateWord(target, pool), tone(target, pool)]).toEqual([word, colour]);
  });
});

describe("the headline", () => {
  const [up, down, degraded, unknown] = (["up", "down", "degraded", "unknown"] as const).map((state) =>
    poolOf({ name: state, state }),
  );
  const pools = (...given: readonly (ReturnType<typeof poolOf> | undefined)[]) =>
    given.filter((pool) => pool !== undefined);
  it.each([
    [pools(), "no pools", "calm"],
    [pools(up), "all well", "good"],
    [pools(up, up), "all 2 pools well", "good"],
    [pools(up, unknown), "1 pool not settled yet", "calm"],
    [pools(up, degraded, unknown), "1 pool degraded", "fair"],
    [pools(down, degraded, degraded, up), "1 pool down, 2 degraded", "bad"],
    [pools(down, down), "2 pools down", "bad"],
  ])("names the worst first", (given, text, colour) => {
    expect(headlineOf(given, false)).toEqual({ text, tone: colour });
  });

  it("of one pool is how that is", () => {
    expect(headlineOf([poolOf({ name: "db", state: "down" })], true)).toEqual({ text: "db down", tone: "bad" });
    expect(headlineOf([], true)).toEqual({ text: "no pools", tone: "calm" });
  });

  it.each([
    ["up", "good"],
    ["degraded", "fair"],
    ["unknown", "calm"],
    ["down", "bad"],
  ] as const)("gives a pool that is %s its colour", (state, colour) => {
    expect(poolTone({ state })).toBe(colour);
  });
});

describe("a fact", () => {
  it.each([
    ["lagSeconds", 36.26, "lag", "36.3s"],
    ["tookMs", 3, "took", "3 ms"],
    ["usedPercent", 12, "used", "12%"],
    ["freeBytes", 512, "free", "512 B"],
    ["threads", 7, "threads", "7"],
    ["Seconds", 7, "Seconds", "7s"],
  ])("%s is told with its unit", (fact, value, name, text) => {
    expect([factName(fact), measure(fact, value)]).toEqual([name, text]);
  });

  it.each([
    [null, "unknown"],
    [true, "true"],
    [1 / 3, "0.333"],
    ["0-1-4711", "0-1-4711"],
  ])("%j is written as %s", (value, text) => {
    expect(factText(value)).toBe(text);
  });
});

describe("a path", () => {
  it("holds names of any letters", () => {
    const pool = poolOf({ name: "a b", group: "ä/ö" });
    expect(poolPath(pool)).toBe("/%C3%A4%2F%C3%B6/a%20b");
    expect(targetPath(pool, "x?y#z")).toBe("/%C3%A4%2F%C3%B6/a%20b/x%3Fy%23z");
    expect(poolPath(poolOf())).toBe("/web/web");
  });
});
