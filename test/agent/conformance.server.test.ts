import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PoolPolicy } from "../../src/core/types.ts";
import { toldNote } from "../../src/core/weight.ts";
import { HAPROXY_DEFAULTS, HAPROXY_VERSIONS, type Haproxy, startHaproxy } from "../servers/haproxy.ts";
import { freePort, until } from "../servers/process.ts";
import type { FakeBoard, RowChange } from "./fake-board.ts";
import { FRESH, type RunningAgent, startAgent } from "./running-agent.ts";

const WEIGHED: Partial<PoolPolicy> = { haproxyWeight: 100 };
const PLAIN: Partial<PoolPolicy> = { haproxyWeight: null, ownsAdmin: false };
const OWNER: Partial<PoolPolicy> = { ownsAdmin: true };
const RAISED = [{ rule: "weight", state: "up", weight: 100, note: toldNote }] as const;

interface Case {
  readonly what: string;
  readonly policy: Partial<PoolPolicy>;
  readonly row: RowChange;
  /** On a server of weight 100 that also has a passing native check. */
  readonly status: string;
  readonly weight: number;
  readonly text: string;
  /** srv_op_state, srv_admin_state of `show servers state`. */
  readonly op: string;
  readonly admin: string;
}

const UP = { status: "UP", op: "2", admin: "0" };
const DOWN = { status: "DOWN (agent)", op: "0", admin: "0" };
const ELEVEN = "0123456789 ";

const CASES: readonly Case[] = [
  { what: "up", policy: PLAIN, row: { reason: "200 in 3ms" }, ...UP, weight: 100, text: "via agent : up (200 in 3ms)" },
  {
    what: "down",
    policy: PLAIN,
    row: { state: "down", reason: '503, not 200-299: "50%" #x' },
    ...DOWN,
    weight: 100,
    text: 'via agent : down (503, not 200-299: "50%" #x)',
  },
  { what: "up again", policy: PLAIN, row: { reason: "ok" }, ...UP, weight: 100, text: "via agent : up (ok)" },
  {
    what: "a weight",
    policy: WEIGHED,
    row: { weight: 40, reason: "lag 12s" },
    ...UP,
    weight: 40,
    text: "via agent : up (lag 12s)",
  },
  {
    what: "the least weight",
    policy: WEIGHED,
    row: { weight: 1, reason: "lag 29s" },
    ...UP,
    weight: 1,
    text: "via agent : up (lag 29s)",
  },
  { what: "full weight", policy: WEIGHED, row: { weight: 100 }, ...UP, weight: 100, text: "via agent : up (fine)" },
  {
    what: "drain",
    policy: PLAIN,
    row: { weight: 0, order: "drain", reason: "drain by ann: kernel" },
    ...UP,
    weight: 0,
    text: "via agent : up (drain by ann: kernel)",
  },
  {
    what: "the end of a drain in a pool that otherwise sends no weight",
    policy: PLAIN,
    row: { chain: RAISED },
    ...UP,
    weight: 100,
    text: "via agent : up (fine)",
  },
  {
    what: "maint",
    policy: PLAIN,
    row: { state: "down", order: "maint", reason: "maint by ann: disk" },
    ...DOWN,
    weight: 100,
    text: "via agent : down (maint by ann: disk)",
  },
  {
    what: "a stale down, with its age",
    policy: PLAIN,
    row: { state: "down", reason: "refused", staleAt: 1, observedAt: 0 },
    ...DOWN,
    weight: 100,
    text: "via agent : down (refused (N old))",
  },
  {
    what: "a long reason, cut",
    policy: PLAIN,
    row: { state: "down", reason: ELEVEN.repeat(30) },
    ...DOWN,
    weight: 100,
    text: `via agent : down (${ELEVEN.repeat(8)}01)`,
  },
  {
    what: "a reason with line ends and control characters",
    policy: PLAIN,
    row: { reason: "one\r\ntwo\0three\u001b[31m" },
    ...UP,
    weight: 100,
    text: "via agent : up (one two three [31m)",
  },
  {
    what: "a reason beyond ASCII",
    policy: PLAIN,
    row: { reason: "主从延迟 12s" },
    ...UP,
    weight: 100,
    text: "via agent : up (主从延迟 12s)",
  },
  {
    what: "an empty reason",
    policy: PLAIN,
    row: { reason: " " },
    ...UP,
    weight: 100,
    text: "via agent : up (no reason given)",
  },
  {
    what: "an owned drain",
    policy: OWNER,
    row: { weight: 0, order: "drain", reason: "drained" },
    status: "DRAIN (agent)",
    op: "2",
    admin: "8",
    weight: 0,
    text: "via agent : up (drained)",
  },
  {
    what: "an owned maint",
    policy: OWNER,
    row: { state: "down", order: "maint", reason: "closed" },
    status: "MAINT",
    op: "0",
    admin: "1",
    weight: 0,
    text: "via agent : down (closed)",
  },
  {
    what: "an owned ready, which ends both",
    policy: OWNER,
    row: { chain: RAISED },
    ...UP,
    weight: 100,
    text: "via agent : up (fine)",
  },
];

/** Replies that change nothing, each after an up with weight 40 and after a down. */
const SILENT: readonly { readonly what: string; readonly apply: (board: FakeBoard, name: string) => void }[] = [
  { what: "no verdict yet", apply: (board, name) => board.put("p", name, { state: null }) },
  { what: "a stale up", apply: (board, name) => board.put("p", name, { staleAt: 1, observedAt: 0 }) },
  { what: "an unknown name", apply: (board, name) => board.drop("p", name) },
];

describe.each(HAPROXY_VERSIONS)("what HAProxy %s makes of a reply", (version) => {
  let agent: RunningAgent;
  let backend: Server;
  let haproxy: Haproxy;

  beforeAll(async () => {
    const [port, at] = [await freePort(), await freePort()];
    agent = await startAgent({ listen: [`127.0.0.1:${port}`] });
    agent.prober.probe = async () => {};
    // Nothing of these rows is ever fresh enough for a cache: what is told is what stands on the board now.
    for (const name of ["a", "w10", "w1", "u"]) agent.board.put("p", name, FRESH);
    backend = createServer((socket) => socket.on("error", () => {}).end());
    await new Promise<void>((done) => backend.listen(at, "127.0.0.1", done));
    const server = (name: string, weight: number): string =>
      `  server ${name} 127.0.0.1:${at} weight ${weight} check inter 100ms agent-check agent-addr 127.0.0.1 ` +
      `agent-port ${port} agent-inter 50ms agent-send "p/${name}\\n"\n`;
    const servers = server("a", 100) + server("u", 100) + server("w10", 10) + server("w1", 1);
    haproxy = await startHaproxy({
      version,
      config: `${HAPROXY_DEFAULTS}\nbackend b\n  balance roundrobin\n${servers}`,
    });
  });
  afterAll(async () => {
    await haproxy?.stop();
    await agent?.stop();
    backend?.close();
  });

  /** Every server was polled again, twice: the second poll began after what was put before. */
  const polled = async (): Promise<void> => {
    const { stats } = agent.agent;
    const before = stats.polls + stats.unknownNames;
    await until("more polls", () => stats.polls + stats.unknownNames >= before + 8);
  };

  it.each(CASES)("$what", async ({ policy, row, status, weight, text, op, admin }) => {
    agent.board.setPolicy("p", { ...PLAIN, ...policy });
    agent.board.put("p", "a", { ...FRESH, ...row });
    await until(`b/a to be ${status}, ${weight}, ${text}`, async () => {
      const seen = await haproxy.server("b/a");
      return seen.status === status && seen.last_agt?.replace(/\([\w. ]+ old/, "(N old") === text;
    });
    await polled();
    const seen = await haproxy.server("b/a");
    const state = (await haproxy.state()).get("b/a");
    expect(seen.status).toBe(status);
    expect(Number(seen.uweight)).toBe(weight);
    expect(seen.agent_status).toBe(row.state === "down" ? "L7STS" : "L7OK");
    expect([state?.srv_op_state, state?.srv_admin_state, state?.srv_uweight]).toEqual([op, admin, String(weight)]);
  });

  it.each(SILENT)("$what changes nothing", async ({ apply }) => {
    for (const [row, status, weight] of [
      [{ weight: 40 }, "UP", "40"],
      [{ state: "down", weight: 40 }, "DOWN (agent)", "40"],
    ] as const) {
      agent.board.setPolicy("p", { ...PLAIN, haproxyWeight: 100 });
      agent.board.put("p", "u", { ...FRESH, weight: 40 });
      await until("the weight", async () => (await haproxy.server("b/u")).uweight === "40");
      agent.board.put("p", "u", { ...FRESH, ...row });
      await until(status, async () => (await haproxy.server("b/u")).status === status);
      apply(agent.board, "u");
      await until("the silence", async () => (await haproxy.server("b/u")).agent_status === "CHECKED");
      await polled();
      const seen = await haproxy.server("b/u");
      expect([seen.status, seen.uweight, seen.agent_status]).toEqual([status, weight, "CHECKED"]);
    }
  });

  it.each([
    ["w10", 10],
    ["w1", 1],
  ])("no percent takes all traffic from %s, a server of weight %i", async (name, haproxyWeight) => {
    agent.board.setPolicy("p", { ...PLAIN, haproxyWeight });
    for (const percent of [1, 5, 50, 99, 100]) {
      agent.board.put("p", name, { ...FRESH, weight: percent, reason: `at ${percent}` });
      await until("the reply", async () => (await haproxy.server(`b/${name}`)).last_agt?.includes(`at ${percent})`));
      const least = Math.max(1, Math.floor((haproxyWeight * percent) / 100));
      const weight = Number((await haproxy.server(`b/${name}`)).uweight);
      expect(weight).toBeGreaterThanOrEqual(least);
      expect(weight).toBeLessThanOrEqual(least + 1);
    }
  });
});
