import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { levelOf, openRenderLog, rfc3339 } from "../../src/cli/render-log.ts";

describe("the log", () => {
  it("has confd's lines", () => {
    const lines: string[] = [];
    const { log, fatal } = openRenderLog("info", "text", (line) => lines.push(line));
    log("info", "Backend set to consul");
    log("debug", "not shown");
    log("warning", "two\nlines");
    fatal("the end");
    const start = `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(Z|[+-]\\d\\d:\\d\\d) ${hostname()} checkd\\[${process.pid}\\]: `;
    expect(lines).toEqual(
      ["INFO Backend set to consul", "WARNING two lines", "FATAL the end"].map((text) =>
        expect.stringMatching(new RegExp(`${start}${text}\\n$`)),
      ),
    );
  });

  it("may be JSON", () => {
    const lines: string[] = [];
    openRenderLog("debug", "json", (line) => lines.push(line)).log("debug", 'a "b"');
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "debug", msg: 'a "b"' });
  });

  it.each([
    ["", "info"],
    ["WARN", "warning"],
    ["warning", "warning"],
    ["panic", "panic"],
    ["silent", "silent"],
    ["verbose", null],
  ])("knows the level %j as %j", (word, level) => {
    expect(levelOf(word)).toBe(level);
  });

  it("shows only what is as grave as asked", () => {
    const lines: string[] = [];
    const { log, fatal } = openRenderLog("fatal", "text", (line) => lines.push(line));
    log("error", "an error");
    fatal("the end");
    expect(lines).toHaveLength(1);
  });

  it("has local time with its offset", () => {
    const zone = process.env.TZ;
    try {
      for (const [name, text] of [
        ["UTC", "2026-01-02T03:04:05Z"],
        ["Asia/Shanghai", "2026-01-02T11:04:05+08:00"],
        ["America/St_Johns", "2026-01-01T23:34:05-03:30"],
      ] as const) {
        process.env.TZ = name;
        expect(rfc3339(new Date("2026-01-02T03:04:05.678Z"))).toBe(text);
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});
