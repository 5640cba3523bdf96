import { describe, expect, it } from "vitest";
import { alarmNews, alarmWords, verdictNews } from "../../../src/cli/classic/news.ts";
import type { Verdict } from "../../../src/core/types.ts";
import { type Made, viewOf } from "../../outlets/outlet-env.ts";

const words = { up: "is healthy again", down: "is abnormal", firstDown: "said" } as const;
const verdict = (made: Made): Verdict | null => viewOf("p", { a: made }).rows.get("a")?.verdict ?? null;
const up = verdict({ host: "h", port: 1, state: "up" });
const down = verdict({ host: "h", port: 1, state: "down" });
const backup = verdict({ host: "h", port: 1, state: "down", part: "backup" });

it("an alarm names the server that it is about", () => {
  const view = viewOf("p", { a: { host: "10.0.0.1", port: 3301, state: "up" } });
  const words = (target: string | null): string => alarmWords({ code: "blind", text: "no grant", target }, view);
  expect([words("a"), words("gone"), words(null)]).toEqual(["10.0.0.1:3301: no grant", "no grant", "no grant"]);
});

describe("what is said on stderr", () => {
  it.each([
    ["the first up is no news", null, up, words, null],
    ["a first down is", null, down, words, "warn h:1 is abnormal: made down"],
    ["but not where most servers are down", null, down, { ...words, firstDown: "silent" } as const, null],
    ["a loss", up, down, words, "warn h:1 is abnormal: made down"],
    ["a return", down, up, words, "info h:1 is healthy again: made up"],
    ["the same again", down, down, words, null],
    ["one that left", down, null, words, null],
    ["the primary stands by", null, backup, words, null],
  ])("%s", (_, was, now, said, line) => {
    const news = verdictNews(was, now, said);
    expect(news === null ? null : `${news.level} ${news.text}`).toBe(line);
  });

  it("tells each alarm when it begins and when it ends, but none that other lines tell", () => {
    const alarm = (code: string, target: string | null = null) => ({ code, text: `${code}!`, target });
    const quiet = { ...viewOf("p", {}), alarms: [alarm("below-at-least")] };
    const loud = { ...quiet, alarms: [alarm("blind", "a"), alarm("fallback"), alarm("source-away")] };
    const codes = ({ began, ended }: ReturnType<typeof alarmNews>) => [
      began.map(({ code }) => code),
      ended.map(({ code }) => code),
    ];
    expect(codes(alarmNews(null, loud))).toEqual([["blind", "fallback"], []]);
    expect(codes(alarmNews(loud, { ...loud, alarms: [alarm("blind", "a"), alarm("fallback")] }))).toEqual([[], []]);
    expect(codes(alarmNews(loud, quiet))).toEqual([[], ["blind", "fallback"]]);
  });
});
