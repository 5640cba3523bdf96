import { describe, expect, it } from "vitest";
import { Replies } from "../../agent/replies.ts";
import { defaultPoolPolicy } from "../../src/core/policy.ts";
import { formatReply } from "../../src/core/reply.ts";
import { rowOf } from "./fake-board.ts";

function counted() {
  let formatted = 0;
  const replies = new Replies((row, policy, now) => {
    formatted++;
    return formatReply(row, policy, now);
  });
  const before = formatted;
  return { replies, count: () => formatted - before };
}

describe("ready-made replies", () => {
  it("gives the same buffer until the row or its policy is another", () => {
    const { replies, count } = counted();
    const row = rowOf("p", "t", { staleAt: 10_000 });
    const bytes = replies.of(row, defaultPoolPolicy, 1000);
    expect(String(bytes)).toBe("up #fine\n");
    expect(replies.of(row, defaultPoolPolicy, 1999)).toBe(bytes);
    expect(count()).toBe(1);
    expect(String(replies.of(rowOf("p", "t", { state: "down" }), defaultPoolPolicy, 1999))).toBe("down #fine\n");
    expect(String(replies.of(row, { ...defaultPoolPolicy, haproxyWeight: 100 }, 1999))).toBe("up 100% #fine\n");
  });

  it("does not tell an up beyond its staleAt", () => {
    const { replies } = counted();
    const row = rowOf("p", "t", { staleAt: 1500, observedAt: 900 });
    expect(String(replies.of(row, defaultPoolPolicy, 1400))).toMatch(/^up /);
    expect(String(replies.of(row, defaultPoolPolicy, 1500))).toMatch(/^up /);
    expect(String(replies.of(row, defaultPoolPolicy, 1501))).toMatch(/^# stale/);
  });

  it("tells the age of a stale down anew each second", () => {
    const { replies, count } = counted();
    const row = rowOf("p", "t", { state: "down", observedAt: 0, staleAt: 1000 });
    for (let now = 5000; now < 7000; now += 10) replies.of(row, defaultPoolPolicy, now);
    expect(count()).toBe(2);
    expect(String(replies.of(row, defaultPoolPolicy, 9000))).toBe("down #fine (9s old)\n");
  });

  it("has one line for all names that are not there", () => {
    const { replies, count } = counted();
    expect(String(replies.of(null, null, 1))).toBe("# unknown target\n");
    expect(replies.of(null, null, 1)).toBe(replies.of(null, null, 99_999));
    expect(count()).toBe(0);
  });
});
