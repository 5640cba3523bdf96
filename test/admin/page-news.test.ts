import { describe, expect, it } from "vitest";
import { parseBlock } from "../../src/admin/page/browser/live.ts";
import { isNews, merged, momentOf } from "../../src/admin/page/browser/news.ts";
import type { Moment } from "../../src/admin/page/view/shown.ts";
import { NOW } from "./page-made.ts";

const place = { pool: "web", target: "app1" };
const delivery = { ...place, outlet: "runtime", about: "web/app1", at: NOW, told: "down", shown: null };

describe("an event", () => {
  it.each([
    ["verdict", { at: NOW, state: "down", weight: 0, order: null, reason: "refused" }, ["bad", "down", "refused"]],
    ["verdict", { at: NOW, state: "up", weight: 30, order: null, reason: "lag" }, ["fair", "up 30%", "lag"]],
    ["verdict", { at: NOW, state: "down", weight: 0, order: "maint", reason: "disk" }, ["calm", "maint", "disk"]],
    ["audit", { text: "ann ended drain" }, ["calm", "order", "ann ended drain"]],
    ["alarm", { code: "x", text: "0 of 2 fit" }, ["fair", "alarm", "0 of 2 fit"]],
    ["delivery", { ...delivery, state: "failed", error: "no socket" }, ["bad", "runtime failed", "no socket"]],
    ["delivery", { ...delivery, state: "failed", error: null }, ["bad", "runtime failed", "down"]],
  ])("%s is a line of lately", (name, data, [tone, word, text]) => {
    expect(momentOf({ name, data: { ...place, ...data } }, NOW)).toEqual({ ...place, at: NOW, tone, word, text });
  });

  it.each(["hello", "order", "pool", "heard", "observed"])("%s is none", (name) => {
    expect(momentOf({ name, data: place }, NOW)).toBeNull();
  });

  it("of a delivery that is well is none", () => {
    expect(momentOf({ name: "delivery", data: { ...delivery, state: "synced", error: null } }, NOW)).toBeNull();
  });

  it("makes the page be read again unless it says nothing of what is shown", () => {
    const event = (name: string) => ({ name, data: place });
    expect(["verdict", "pool", "hello"].every((name) => isNews(event(name), null))).toBe(true);
    expect(["delivery", "heard"].some((name) => isNews(event(name), null))).toBe(false);
    expect(["verdict", "delivery", "heard"].every((name) => isNews(event(name), "app1"))).toBe(true);
    expect([isNews(event("verdict"), "app2"), isNews(event("delivery"), "app2")]).toEqual([true, false]);
  });
});

describe("what was heard and what the server knows", () => {
  const moment = (at: string, target: string): Moment => ({
    ...place,
    at,
    target,
    tone: "bad",
    word: "down",
    text: "",
  });
  it("is told once, newest first", () => {
    const heard = [moment("2026-01-02T03:00:09.000Z", "a"), moment("2026-01-02T03:00:03.000Z", "b")];
    const known = [
      moment("2026-01-02T03:00:08.200Z", "a"),
      moment("2026-01-02T03:00:05.000Z", "c"),
      moment("2026-01-02T03:00:00.000Z", "b"),
    ];
    expect(merged(heard, known).map(({ target, at }) => `${target} ${at.slice(17, 19)}`)).toEqual([
      "a 09",
      "c 05",
      "b 03",
      "b 00",
    ]);
  });
});

describe("a block of the stream", () => {
  it.each([
    ["a sign of life", ":", { id: "", event: null }],
    ["an event", 'id: 7\nevent: alarm\ndata: {"a":1}', { id: "7", event: { name: "alarm", data: { a: 1 } } }],
    ["line ends of two letters", 'event: x\r\ndata: {"a":":"}', { id: "", event: { name: "x", data: { a: ":" } } }],
    ["an event without name", "data:{}", { id: "", event: { name: "message", data: {} } }],
  ])("that is %s", (_, block, read) => {
    expect(parseBlock(block)).toEqual(read);
  });
});
