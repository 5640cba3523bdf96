import { afterEach, describe, expect, it, vi } from "vitest";
import { say, useLogOptions } from "../../src/cli/say.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What is written to stderr. */
function heard(call: () => void): string {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  call();
  return lines.join("");
}

describe("what a program says", () => {
  it("is the text as it is, from info up, when nothing else was asked for", () => {
    vi.stubEnv("CHECKD_LOG_LEVEL", undefined);
    vi.stubEnv("CHECKD_LOG_FORMAT", undefined);
    expect(
      heard(() => {
        say("debug", "a detail");
        say("info", "x written");
        say("error", "one\ntwo");
      }),
    ).toBe("x written\none\ntwo\n");
  });

  it("is an object a line with --log-format json", () => {
    vi.stubEnv("CHECKD_LOG_LEVEL", "debug");
    vi.stubEnv("CHECKD_LOG_FORMAT", "text");
    useLogOptions({ logFormat: "json" });
    const lines = heard(() => say("error", 'a.yaml:1:2: x: "y"\nsecond')).trimEnd();
    expect(lines.split("\n").map((line) => JSON.parse(line))).toEqual([
      { level: 50, time: expect.any(Number), msg: 'a.yaml:1:2: x: "y"' },
      { level: 50, time: expect.any(Number), msg: "second" },
    ]);
  });

  it("is nothing below --log-level", () => {
    vi.stubEnv("CHECKD_LOG_FORMAT", "text");
    vi.stubEnv("CHECKD_LOG_LEVEL", "info");
    useLogOptions({ logLevel: "error" });
    expect(
      heard(() => {
        say("warn", "readable by everybody");
        say("error", "wrong");
      }),
    ).toBe("wrong\n");
  });
});
