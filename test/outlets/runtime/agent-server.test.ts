import { describe, expect, it } from "vitest";
import type { PoolPolicy, Verdict } from "../../../src/core/types.ts";
import type { ServerSeen } from "../../../src/haproxy/server.ts";
import { compareAgentServer } from "../../../src/outlets/runtime/agent-server.ts";
import { isOurs } from "../../../src/outlets/runtime/ours.ts";
import { viewOf } from "../outlet-env.ts";

const server = (more: Partial<ServerSeen> = {}): ServerSeen => ({
  backend: "web",
  name: "s1",
  host: "10.0.0.1",
  port: 80,
  admin: 0,
  operational: 2,
  weight: 100,
  configuredWeight: 100,
  unchangedSeconds: 1,
  agentAddress: "127.0.0.1",
  agentPort: 3300,
  status: "UP",
  sessions: 0,
  agentHealth: 1,
  checkHealthy: true,
  agentConfigured: true,
  agentEnabled: true,
  agentAsking: false,
  checkConfigured: true,
  checkEnabled: true,
  ...more,
});

function verdict(state: "up" | "down", more: { weight?: number; order?: "drain" } = {}): Verdict {
  const made = viewOf("web", { s1: { state, ...more } }).rows.get("s1")?.verdict;
  if (made == null) throw new Error("no verdict");
  return made;
}
const policy = (haproxyWeight: number | null): PoolPolicy => ({ haproxyWeight }) as PoolPolicy; // all that is looked at
const DOWN = { operational: 0, agentHealth: 0, status: "DOWN (agent)" };

describe("a down", () => {
  it.each<[string, Partial<ServerSeen>, { push: boolean; state: string }]>([
    ["is pushed to a server that is up", {}, { push: true, state: "pending" }],
    ["counts as taken when HAProxy shows it and asks nobody", DOWN, { push: false, state: "synced" }],
    ["is not taken while an older answer may come", { ...DOWN, agentAsking: true }, { push: false, state: "pending" }],
    [
      "is pushed although HAProxy's own check says down too: that may recover first",
      { operational: 0, status: "DOWN" },
      { push: true, state: "pending" },
    ],
    [
      "is taken by a server in an operator's maintenance, and told for the time after it",
      { admin: 1, status: "MAINT" },
      { push: true, state: "synced" },
    ],
    ["cannot be told to a server whose agent is disabled", { agentEnabled: false }, { push: false, state: "failed" }],
  ])("%s", (_, seen, expected) => {
    expect(compareAgentServer(verdict("down"), server(seen), policy(null))).toMatchObject({
      ...expected,
      told: "down",
    });
  });
});

describe("an up is never pushed, and what others did to it is told", () => {
  it.each<[string, Partial<ServerSeen>, string, RegExp | null]>([
    ["nothing", {}, "synced", null],
    ["down by the agent: the next poll brings it up", DOWN, "pending", null],
    ["maintenance", { admin: 1, status: "MAINT" }, "failed", /maintenance on HAProxy/],
    ["maintenance of a tracked server", { admin: 2, status: "MAINT (via a/b)" }, "failed", /tracks/],
    ["drain", { admin: 8, status: "DRAIN" }, "failed", /drain on HAProxy/],
    ["agent disabled", { agentEnabled: false }, "failed", /disabled/],
    ["its own check", { operational: 0, status: "DOWN" }, "failed", /own check/],
    ["weight", { weight: 3 }, "failed", /weight is 3 instead of 100/],
  ])("%s", (_, seen, state, error) => {
    const compared = compareAgentServer(verdict("up"), server(seen), policy(null));
    expect(compared).toMatchObject({ push: false, state, told: "up" });
    if (error === null) expect(compared.error).toBeNull();
    else expect(compared.error).toMatch(error);
  });

  it("but not a weight that the agent sets at each poll, nor what our own operator ordered", () => {
    expect(compareAgentServer(verdict("up", { weight: 40 }), server({ weight: 40 }), policy(100))).toMatchObject({
      state: "synced",
      told: "up 40%",
    });
    const drained = verdict("up", { weight: 0, order: "drain" });
    expect(compareAgentServer(drained, server({ weight: 0 }), policy(null)).state).toBe("synced");
  });
});

describe("a server is ours", () => {
  it.each<[string, Partial<ServerSeen>, boolean]>([
    ["when HAProxy asks this host at one of our ports", {}, true],
    ["when it asks another address of this host", { agentAddress: "10.9.9.9" }, true],
    ["when it asks the server's own address, and that is this host", { agentAddress: null, host: "10.9.9.9" }, true],
    ["not at another port", { agentPort: 3301 }, false],
    ["not at another host", { agentAddress: "10.9.9.8" }, false],
    ["not without agent-check", { agentConfigured: false }, false],
  ])("%s", (_, seen, ours) => {
    expect(isOurs(server(seen), [3300], new Set(["10.9.9.9"]))).toBe(ours);
  });
});
