import { describe, expect, it } from "vitest";
import { initialHealth } from "../../src/core/judge.ts";
import { formatReply, httpPoolReply, httpReply } from "../../src/core/reply.ts";
import type { PoolPolicy, PoolView, Row, Step, Verdict } from "../../src/core/types.ts";
import { toldNote } from "../../src/core/weight.ts";
import { Bench, order, rules, seen, target } from "./build.ts";

const now = 100_000;

function row(more: Partial<Verdict> = {}): Row {
  const one = target("app1");
  const verdict: Verdict = {
    id: "p80/app1",
    target: one,
    state: "up",
    weight: 100,
    order: null,
    reason: "ok",
    since: 0,
    observedAt: now - 1000,
    staleAt: now + 5000,
    chain: [{ rule: "judge", state: "up", weight: 100, note: "ok" }],
    ...more,
  };
  return { target: one, health: [initialHealth(0)], override: null, verdict };
}

const line = (of: Row | null, policy: Partial<PoolPolicy> | null = {}) =>
  formatReply(of, policy && rules(policy), now).line;
const down = { state: "down", weight: 0, reason: "connection refused" } as const;
const told: Step = { rule: "weight", state: "up", weight: 100, note: toldNote };

describe("the agent's line", () => {
  it.each<[string, Row | null, Partial<PoolPolicy> | null, string]>([
    ["up", row(), {}, "up #ok\n"],
    [
      "up with a percent where HAProxy's weight is known",
      row({ weight: 40, reason: "lag 12s" }),
      { haproxyWeight: 100 },
      "up 40% #lag 12s\n",
    ],
    ["100 percent too, as weights stick", row(), { haproxyWeight: 100 }, "up 100% #ok\n"],
    ["a percent that is not truncated to 0", row({ weight: 1 }), { haproxyWeight: 10 }, "up 10% #ok\n"],
    ["no percent where nobody set a weight", row({ weight: 40 }), {}, "up #ok\n"],
    [
      "0 percent in drain, also without a weight",
      row({ weight: 0, order: "drain", reason: "drain by ann" }),
      {},
      "up 0% #drain by ann\n",
    ],
    ["100 percent after a drain, as weights stick", row({ chain: [told] }), {}, "up 100% #ok\n"],
    ["down", row(down), {}, "down #connection refused\n"],
    ["down without a percent", row(down), { haproxyWeight: 100 }, "down #connection refused\n"],
    ["down in maint", row({ ...down, order: "maint", reason: "maint by ann" }), {}, "down #maint by ann\n"],
    ["nothing for an unknown name", null, null, "# unknown target\n"],
    ["nothing for an unknown name of a known pool", null, {}, "# unknown target\n"],
    ["nothing without a verdict", { ...row(), verdict: null }, {}, "# no verdict yet\n"],
    [
      "nothing of a stale up",
      row({ observedAt: now - 40_000, staleAt: now - 1 }),
      {},
      "# stale: nothing seen for 40s\n",
    ],
    [
      "a stale down again, with its age",
      row({ ...down, observedAt: now - 40_000, staleAt: now - 1 }),
      {},
      "down #connection refused (40s old)\n",
    ],
    [
      "an order however old the last probe is",
      row({ weight: 0, order: "drain", reason: "drain by ann", staleAt: 0 }),
      {},
      "up 0% #drain by ann\n",
    ],
    ["ready with up where checkd owns the admin state", row(), { ownsAdmin: true }, "ready up #ok\n"],
    ["ready with down there too", row(down), { ownsAdmin: true }, "ready down #connection refused\n"],
    ["drain there", row({ weight: 0, order: "drain", reason: "by ann" }), { ownsAdmin: true }, "drain up 0% #by ann\n"],
    ["maint there", row({ ...down, order: "maint", reason: "by ann" }), { ownsAdmin: true }, "maint down #by ann\n"],
  ])("says %s", (_, of, policy, text) => {
    const reply = formatReply(of, policy && rules(policy), now);
    expect(reply.line).toBe(text);
    expect(new TextDecoder().decode(reply.bytes)).toBe(text);
    expect(reply.changes).toBe(!text.startsWith("#"));
  });

  it.each<[string, string, string]>([
    ["line feeds and carriage returns", "a\r\nb\nup", "a b up"],
    ["NUL, escape, delete and C1 controls", "a\0b\u001b[31mc\u007fd\u0085e", "a b [31mc d e"],
    ["separators of lines and directions of text", "a\u2028b\u202ec\ufeffd", "a b c d"],
    ["half characters", "a\ud800b", "a b"],
    ["blanks around", "  \t a  b  ", "a b"],
    ["nothing at all", " \n", "no reason given"],
  ])("is one line whatever the reason holds: %s", (_, reason, text) => {
    expect(line(row({ reason }))).toBe(`up #${text}\n`);
  });

  it.each([
    ["x".repeat(500), 90],
    ["é".repeat(500), 90],
    ["€".repeat(500), 90],
    ["😀".repeat(500), 88],
    [`${"x".repeat(89)}😀`, 89],
    ["short", 5],
  ])("has 90 bytes of text at most and no half character", (reason, bytes) => {
    const text = line(row({ reason })).slice("up #".length, -1);
    expect(new TextEncoder().encode(text).length).toBe(bytes);
    expect(reason.startsWith(text)).toBe(true);
  });

  it("keeps the age of a stale down when the reason is long, in under 120 bytes", () => {
    const text = line(row({ ...down, reason: "é".repeat(500), observedAt: now - 900_000, staleAt: 0 }));
    expect(text).toMatch(/^down #é+ \(15m old\)\n$/u);
    expect(new TextEncoder().encode(text).length).toBeLessThan(120);
  });
});

describe("weights stick in HAProxy, so a pool without weights", () => {
  it("says no percent until it has said 0%, and 100% ever after, also over a restart and when the target had left", () => {
    const bench = new Bench({ targets: [target("a"), target("b")] });
    const say = (of: Bench) => formatReply(of.row("a"), of.view.policy, of.now).line;
    for (const name of ["a", "b"]) bench.see(name, "pass");
    expect(say(bench)).toBe("up #says pass\n");
    bench.apply({ kind: "ordered", target: "a", override: order("drain") });
    expect(say(bench)).toBe("up 0% #drain by ann: kernel upgrade\n");
    bench.apply({ kind: "ordered", target: "a", override: null });
    expect(say(bench)).toBe("up 100% #says pass\n");
    bench.settle("a", "fail");
    expect(say(bench)).toBe("down #says fail\n");
    bench.settle("a", "pass");
    expect(say(bench)).toBe("up 100% #says pass\n");
    bench.apply({ kind: "listed", targets: [target("b")], complete: true });
    bench.apply({ kind: "listed", targets: [target("a"), target("b")], complete: true });
    bench.see("a", "pass");
    expect(say(bench)).toBe("up 100% #says pass\n");
    expect(formatReply(bench.row("b"), bench.view.policy, bench.now).line).toBe("up #says pass\n");
    const restarted = new Bench({ targets: [target("a")], memory: JSON.parse(JSON.stringify(bench.view.memory)) });
    restarted.see("a", "pass");
    expect(say(restarted)).toBe("up 100% #says pass\n");
  });

  it("says it also of a target that the floor keeps", () => {
    const bench = new Bench({ targets: [target("a")] });
    bench.see("a", "pass");
    bench.apply({ kind: "ordered", target: "a", override: order("drain") });
    bench.apply({ kind: "ordered", target: "a", override: null });
    bench.settle("a", "warn");
    expect(formatReply(bench.row("a"), bench.view.policy, bench.now).line).toMatch(/^up 100% #kept/);
  });
});

describe("the HTTP door", () => {
  const former = (state: "up" | "down") => ({ ...row(), health: [initialHealth(0, state)], verdict: null });

  it.each<[string, Row | null, number, string]>([
    ["200 for up", row(), 200, "up #ok\n"],
    ["503 for down", row(down), 503, "down #connection refused\n"],
    [
      "503 in drain, as there is no weight to tell",
      row({ weight: 0, order: "drain", reason: "by ann" }),
      503,
      "up 0% #by ann\n",
    ],
    ["503 for an unknown name", null, 503, "# unknown target\n"],
    ["503 while nothing is known", { ...row(), verdict: null }, 503, "# no verdict yet\n"],
    ["200 after a restart for what was up before", former("up"), 200, "# no verdict yet\n"],
    ["503 after a restart for what was down before", former("down"), 503, "# no verdict yet\n"],
    [
      "200 for a stale up, as the agent changes nothing either",
      row({ staleAt: 0 }),
      200,
      "# stale: nothing seen for 1s\n",
    ],
    ["503 for a stale down", row({ ...down, staleAt: 0 }), 503, "down #connection refused (1s old)\n"],
  ])("answers %s", (_, of, status, body) => {
    expect(httpReply(of, rules(), now)).toEqual({ status, body });
  });

  it("answers for a pool by how many serve, references aside", () => {
    const bench = new Bench({ targets: [target("a"), target("b"), target("r", "reference")] });
    const answer = (view: PoolView | null) => httpPoolReply(view);
    expect(answer(bench.view)).toEqual({ status: 503, body: "down #0 of 2 serve\n" });
    for (const name of ["a", "b", "r"]) bench.see(name, seen(name === "b" ? "fail" : "pass"));
    expect(answer(bench.view)).toEqual({ status: 200, body: "up #1 of 2 serve\n" });
    expect(answer(null)).toEqual({ status: 503, body: "# unknown pool\n" });
  });
});
