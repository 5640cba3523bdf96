import { describe, expect, it } from "vitest";
import type { Trial } from "../../checks/lib/memcached/cache.ts";
import { fitnessOf } from "../../checks/lib/memcached/fitness.ts";
import { lookAt, type Memory, unseen } from "../../checks/lib/memcached/health.ts";
import { isReply, type Kind, readReplies } from "../../checks/lib/memcached/replies.ts";

const KINDS: readonly Kind[] = ["line", "value", "line", "stats"];
const value = Buffer.from("hello");
const sample = { key: "k", value, ttlSeconds: 10 };
const good: Trial = { refused: null, found: value, trouble: null, stats: null };
const calm = lookAt(null, unseen, 0);

describe("an answer", () => {
  const whole =
    "STORED\r\nVALUE k 0 5\r\nhello\r\nEND\r\nDELETED\r\nSTAT uptime 5\r\nSTAT version 1.6.18 beta\r\nEND\r\n";

  it("is complete at its last byte, not before", () => {
    for (let length = 0; length < whole.length; length++)
      expect(readReplies(KINDS, Buffer.from(whole.slice(0, length)))).toBeNull();
    expect(readReplies(KINDS, Buffer.from(whole))).toEqual([
      { line: "STORED", value: null, stats: null },
      { line: "VALUE k 0 5", value, stats: null },
      { line: "DELETED", value: null, stats: null },
      {
        line: "END",
        value: null,
        stats: new Map([
          ["uptime", "5"],
          ["version", "1.6.18 beta"],
        ]),
      },
    ]);
  });

  it("may hold line ends in its value", () => {
    const odd = Buffer.from("VALUE k 0 9\r\nEND\r\nEND!\r\nEND\r\n");
    expect(readReplies(["value"], odd)?.[0]?.value?.toString()).toBe("END\r\nEND!");
  });

  it.each([
    ["a miss", "END\r\n", ["value"], [{ line: "END", value: null, stats: null }]],
    ["a value in meta form", "VA 5\r\nhello\r\n", ["value"], [{ line: "VA 5", value, stats: null }]],
    ["a miss in meta form", "EN\r\n", ["value"], [{ line: "EN", value: null, stats: null }]],
    ["an error for a value", "SERVER_ERROR x\r\n", ["value"], [{ line: "SERVER_ERROR x", value: null, stats: null }]],
    ["no statistics", "ERROR\r\n", ["stats"], [{ line: "ERROR", value: null, stats: null }]],
  ] as const)("may be %s", (_, text, kinds, replies) => {
    expect(readReplies(kinds, Buffer.from(text))).toEqual(replies);
  });

  it.each([
    ["STORED", true],
    ["HD", true],
    ["VALUE k 0 5", true],
    ["SERVER_ERROR out of memory storing object", true],
    ["CLIENT_ERROR bad", true],
    ["", true],
    ["220 mail.example ESMTP", false],
    ["<html>", false],
    ["drip drip", false],
  ])("may begin with %j: %s", (line, expected) => {
    expect(isReply(line)).toBe(expected);
  });
});

describe("a memcached server", () => {
  it.each([
    ["stores and finds", good, "pass", /stores and finds$/],
    [
      "is out of memory",
      { ...good, refused: "SERVER_ERROR out of memory storing object" },
      "warn",
      /no memory for a value of 5 bytes/,
    ],
    ["is out of memory, in binary", { ...good, refused: "Out of memory" }, "warn", /no memory/],
    ["does not store", { ...good, refused: "NOT_STORED" }, "fail", /does not store: "NOT_STORED"/],
    ["is a proxy without servers", { ...good, refused: "SERVER_ERROR no servers" }, "fail", /no servers/],
    ["loses what it stored", { ...good, found: null }, "fail", /did not find it again/],
    ["finds something else", { ...good, found: Buffer.from("hallo") }, "fail", /another value/],
    ["fails to read", { ...good, trouble: "SERVER_ERROR gone" }, "fail", /"SERVER_ERROR gone"/],
  ] as const)("that %s", (_, trial, outcome, reason) => {
    const seen = fitnessOf(trial, sample, calm);
    expect(seen.outcome).toBe(outcome);
    expect(seen.reason).toMatch(reason);
  });

  it.each([
    ["SERVER_ERROR object too large for cache", /value_size: 5 bytes are more than the server takes/],
    ["Value too large", /value_size/],
    ["ERROR", /does not know this protocol/],
  ])("that answers %s was asked wrongly by us", (refused, problem) => {
    expect(() => fitnessOf({ ...good, refused }, sample, calm)).toThrow(problem);
  });
});

describe("statistics", () => {
  const stats = (more: Readonly<Record<string, string | number>> = {}): ReadonlyMap<string, string> =>
    new Map(
      Object.entries({ uptime: 100, curr_connections: 30, max_connections: 40, rejected_connections: 5, ...more }).map(
        ([name, each]) => [name, String(each)],
      ),
    );
  const known: Memory = lookAt(stats(), unseen, 0).memory;

  it("become facts, with the use of the limits in percent", () => {
    const facts = lookAt(stats({ bytes: 500, limit_maxbytes: 1000, evictions: 7, version: "1.6.18" }), unseen, 0).facts;
    expect(facts).toEqual({
      connections: 30,
      maxConnections: 40,
      connectionsPercent: 75,
      rejectedConnections: 5,
      bytes: 500,
      limitBytes: 1000,
      memoryPercent: 50,
      evictions: 7,
      uptimeSeconds: 100,
      restarts: 0,
      version: "1.6.18",
    });
  });

  it("that a server does not tell are null", () => {
    expect(new Set(Object.values({ ...calm.facts, restarts: null }))).toEqual(new Set([null]));
  });

  it.each([
    ["101 s after 100 s", 101, false],
    ["100 s after 100 s", 100, false],
    ["2 s after 100 s", 2, true],
  ])("show a restart by the uptime: %s is one: %s", (_, uptime, restarted) => {
    const look = lookAt(stats({ uptime, rejected_connections: 0 }), known, 0);
    expect(look.restarted).toBe(restarted);
    expect(look.memory.restarts).toBe(restarted ? 1 : 0);
  });

  it("keep counting restarts", () => {
    const calmly = { rejected_connections: 0 };
    const first = lookAt(stats({ uptime: 2, ...calmly }), known, 0);
    const second = lookAt(stats({ uptime: 1, ...calmly }), first.memory, 0);
    expect(second.facts.restarts).toBe(2);
    expect(fitnessOf(good, sample, second).reason).toBe("stores and finds, restarted 1s ago with a cold cache");
  });

  it.each([
    ["nobody was turned away", {}, 0, null],
    ["others were turned away", { rejected_connections: 8 }, 0, /turned 3 connections away .* 30 of 40/],
    ["another was turned away", { rejected_connections: 6 }, 0, /turned a connection away/],
    ["only we were turned away", { rejected_connections: 7 }, 2, null],
    ["it accepts nobody", { accepting_conns: 0 }, 0, /accepts no connections, 30 of 40/],
    ["it accepts", { accepting_conns: 1 }, 0, null],
    ["the count began anew with a restart", { uptime: 3, rejected_connections: 2 }, 0, /turned 2 connections/],
  ] as const)("tell whether it is full: %s", (_, more, ours, crowded) => {
    const look = lookAt(stats(more), known, ours);
    if (crowded === null) expect(look.crowded).toBeNull();
    else expect(look.crowded).toMatch(crowded);
  });

  it("of the first look blame nobody for what was before", () => {
    expect(lookAt(stats({ rejected_connections: 1000 }), unseen, 0).crowded).toBeNull();
  });
});
