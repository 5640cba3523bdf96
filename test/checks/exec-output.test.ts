import { describe, expect, it } from "vitest";
import { parseAgentLine } from "../../checks/lib/exec/agent-line.ts";
import type { Ran } from "../../checks/lib/exec/child.ts";
import { judgeRun } from "../../checks/lib/exec/judge-run.ts";
import { parsePlugin } from "../../checks/lib/exec/nagios.ts";
import { OwnFault } from "../../src/index.ts";

const ran = (out: string, code: number | null = 0, more: Partial<Ran> = {}): Ran => ({
  code,
  signal: null,
  out,
  err: "",
  overflow: false,
  ...more,
});

describe("an agent line", () => {
  const nothing = { health: null, admin: null, weight: null, maxconn: null, text: "", unknown: null };
  it.each([
    ["up", { health: "up" }],
    ["UP\n", { health: "up" }],
    ["down #disk full, 99% #x\n", { health: "down", text: "disk full, 99% #x" }],
    ["stopped", { health: "down" }],
    ["FaIl #oops", { health: "down", text: "oops" }],
    ["up,75%", { health: "up", weight: 75 }],
    [" \t up , 40% , maxconn:10", { health: "up", weight: 40, maxconn: 10 }],
    ["50%", { weight: 50 }],
    ["300%", { weight: 100 }],
    ["weight:20%", { weight: 20 }],
    ["weight:20", { unknown: "weight:20" }],
    ["up down", { health: "down" }],
    ["down up", { health: "up" }],
    ["10% 20%", { weight: 20 }],
    ["ready drain", { admin: "drain" }],
    ["up#x", { unknown: "up#x" }],
    ["up failed. -5%", { health: "up", unknown: "failed." }],
    ["# only words", { text: "only words" }],
    ["12.5%", { unknown: "12.5%" }],
    ["up\r\ndown\n", { health: "up" }],
    ["\nup", {}],
    ["", {}],
  ])("%j", (line, said) => {
    expect(parseAgentLine(line)).toEqual({ ...nothing, ...said });
  });
});

describe("a Nagios plugin's output", () => {
  it.each([
    ["OK - fine", "OK - fine", {}],
    ["OK|load1=0.5;1;2;0", "OK", { "perf.load1": 0.5 }],
    ["OK | time=0.012s;;;0 size=512B", "OK", { "perf.time[s]": 0.012, "perf.size[B]": 512 }],
    ["OK | 'free space'=85% 'it''s'=1", "OK", { "perf.free space[%]": 85, "perf.it's": 1 }],
    ["OK | a=1\nlong text\nmore | b=2\nc=3", "OK", { "perf.a": 1, "perf.b": 2, "perf.c": 3 }],
    ["OK | a=U b=x", "OK", {}],
    ["OK | t=-4", "OK", { "perf.t": -4 }],
  ])("%j", (output, text, facts) => {
    expect(parsePlugin(output)).toEqual({ text, facts });
  });

  it("is read in no time, however hostile", () => {
    const since = performance.now();
    parsePlugin(`x|${"a".repeat(65_536)}`);
    parsePlugin(`x|${"'".repeat(65_536)}`);
    expect(performance.now() - since).toBeLessThan(2000);
  });
});

describe("protocol exit", () => {
  it.each([
    [ran(""), "pass", "exit 0"],
    [ran("\nall is well\nmore"), "pass", "all is well"],
    [ran("", 1), "fail", "exit 1"],
    [ran("lag 40 s\n", 2), "fail", "exit 2: lag 40 s"],
    [ran("", 1, { err: "curl: (7) Failed to connect\n" }), "fail", "exit 1: curl: (7) Failed to connect"],
  ])("%j", (end, outcome, reason) => {
    expect(judgeRun("exit", end, { latencyMs: 1 })).toMatchObject({
      outcome,
      reason,
      facts: { latencyMs: 1, exitCode: end.code },
    });
  });

  it.each([
    [ran("", 126), "the program failed, exit 126"],
    [ran("", 127, { err: "sh: 1: curl: not found" }), "the program failed, exit 127: sh: 1: curl: not found"],
    [ran("", null, { signal: "SIGSEGV" }), "the program was killed by SIGSEGV"],
    [ran("", null, { overflow: true }), "the program printed more than max_output and was killed"],
  ])("is our own fault: %j", (end, words) => {
    expect(() => judgeRun("exit", end, {})).toThrow(new OwnFault(words));
    expect(() => judgeRun("nagios", end, {})).toThrow(new OwnFault(words));
  });
});

describe("protocol nagios", () => {
  it.each([
    [0, "pass"],
    [1, "warn"],
    [2, "fail"],
    [3, "unknown"],
  ])("takes %i for %s", (code, outcome) => {
    expect(judgeRun("nagios", ran("LAG 4s | lag=4s", code), {})).toEqual({
      outcome,
      reason: "LAG 4s",
      facts: { "perf.lag[s]": 4, exitCode: code },
      weight: null,
      claim: null,
    });
  });

  it("knows no other status", () => {
    expect(() => judgeRun("nagios", ran("x", 4), {})).toThrow("exit 4 is none of a plugin's (0 to 3): x");
  });
});

describe("protocol agent", () => {
  it.each([
    ["up\n", "pass", "the program says up", null],
    ["up", "pass", "the program says up", null],
    ["up 40% #lag 12s\n", "pass", "lag 12s", 40],
    ["75%\n", "pass", "the program says 75%", 75],
    ["ready\n", "pass", "the program says ready", null],
    ["drain\n", "pass", "the program says drain", 0],
    ["up drain 50%\n", "pass", "the program says up drain 50%", 0],
    ["down\n", "fail", "the program says down", null],
    ["maint up\n", "fail", "the program says up maint", null],
    ["down #broken\n", "fail", "broken", null],
    ["up quickly\n", "pass", 'the program says up (not understood: "quickly")', null],
  ] as const)("%j: %s", (line, outcome, reason, weight) => {
    expect(judgeRun("agent", ran(line, 1), {})).toMatchObject({ outcome, reason, weight });
  });

  it("shows maxconn as a fact", () => {
    expect(judgeRun("agent", ran("up maxconn:30\n"), {}).facts).toMatchObject({ maxconn: 30 });
  });

  it.each([
    [ran("\n"), 'no word of an agent line in ""'],
    [ran("<html>\n"), 'no word of an agent line in "<html>"'],
    [ran("#up\n"), 'no word of an agent line in "#up"'],
    [ran(""), "the program printed no agent line"],
    [ran("", 127, { err: "not found" }), "the program failed, exit 127: not found"],
  ])("is our own fault when it says nothing, as HAProxy changes nothing then: %j", (end, words) => {
    expect(() => judgeRun("agent", end, {})).toThrow(new OwnFault(words));
  });
});
