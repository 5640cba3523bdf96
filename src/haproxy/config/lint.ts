// Where haproxy.cfg and checkd.yaml do not fit together. Pure.
import type { AgentPort, PoolSettings } from "../../config/settings.ts";
import { fillPool } from "../../outlets/publish/template.ts";
import type { RuntimeOptions } from "../../outlets/runtime/options.ts";
import { haproxyMs, has, type Section, type ServerLine, serversIn, wordAfter } from "./parse.ts";

/** One thing that does not fit: where, what, and how to mend it. */
export interface Finding {
  readonly line: number;
  readonly code: string;
  readonly text: string;
  readonly mend: string;
}

/** What of checkd's configuration matters here; null: only haproxy.cfg is looked at. */
export interface LintSettings {
  readonly pools: readonly PoolSettings[];
  readonly ports: readonly AgentPort[];
  readonly sharedPorts: readonly number[];
}

const DYNAMIC = /^(roundrobin|leastconn|random.*|first)$/;
/** An agent that is asked more rarely than this is slower than what the defaults promise. */
const PROMISED_INTER_MS = 2000;

interface Place {
  readonly section: Section;
  readonly servers: readonly ServerLine[];
  readonly pool: PoolSettings | null;
  readonly settings: LintSettings;
}

/** Looks at every backend and listen section with agent checks. */
export function lint(sections: readonly Section[], settings: LintSettings | null): readonly Finding[] {
  const known = settings ?? { pools: [], ports: [], sharedPorts: [] };
  const findings: Finding[] = [];
  let inherited: string[] = [];
  let anySend = false;
  const places: Place[] = [];
  for (const section of sections) {
    if (section.kind === "defaults")
      inherited = section.lines
        .filter(({ words }) => words[0] === "default-server")
        .flatMap(({ words }) => words.slice(1));
    if (section.kind !== "backend" && section.kind !== "listen") continue;
    const servers = serversIn(section, inherited);
    anySend ||= servers.some((server) => wordAfter(server, "agent-send") !== null);
    places.push({ section, servers, pool: poolOf(section.name, known), settings: known });
  }
  for (const place of places) findings.push(...lintPlace(place, anySend, settings !== null));
  if (settings !== null) findings.push(...missingPools(places, settings));
  return findings.sort((a, b) => a.line - b.line);
}

const backendOf = (pool: PoolSettings): string => {
  const runtime = pool.outlets.find(({ kind }) => kind.name === "runtime");
  const backend = runtime === undefined ? "{pool}" : (runtime.options as RuntimeOptions).backend;
  return fillPool(backend, { pool: pool.name, group: pool.group });
};

const poolOf = (backend: string, { pools }: LintSettings): PoolSettings | null =>
  pools.find((pool) => backendOf(pool) === backend) ?? null;

function missingPools(places: readonly Place[], { pools }: LintSettings): Finding[] {
  return pools
    .filter((pool) => !places.some((place) => place.pool === pool))
    .filter(
      (pool) =>
        pool.outlets.some(({ kind }) => kind.name === "runtime") || pool.targets.some(({ part }) => part === "member"),
    )
    .map((pool) => ({
      line: 0,
      code: "unknown-backend",
      text: `no backend or listen section is called ${backendOf(pool)}, as pool ${pool.name} wants`,
      mend: `name the section ${backendOf(pool)}, or set runtime.backend`,
    }));
}

function lintPlace(place: Place, anySend: boolean, compare: boolean): Finding[] {
  const { servers, pool } = place;
  const agents = servers.filter((server) => has(server, "agent-check"));
  return [
    ...agents.flatMap((server) => lintAgent(server, place, anySend, compare)),
    ...(compare && pool !== null ? lintPool(place, pool, agents) : []),
    ...lintBalance(place, agents),
  ];
}

function lintAgent(server: ServerLine, place: Place, anySend: boolean, compare: boolean): Finding[] {
  const found: Finding[] = [];
  const add = (code: string, text: string, mend: string): void =>
    void found.push({ line: server.line, code, text: `${server.names[0]}: ${text}`, mend });
  const port = Number(wordAfter(server, "agent-port"));
  if (!(port > 0)) add("no-agent-port", "agent-check without agent-port", "add agent-port");
  if (wordAfter(server, "addr") !== null && wordAfter(server, "agent-addr") === null)
    add(
      "addr",
      "addr moves the native check as well: it asks the agent's host, not the server",
      "write agent-addr instead of addr",
    );
  if (!has(server, "check"))
    add(
      "no-check",
      "there is no native check: when the agent is gone nobody notices that the server is dead",
      "add check beside agent-check",
    );
  if (anySend && wordAfter(server, "agent-send") === null)
    add(
      "agent-send",
      "other servers of this HAProxy have agent-send: this one's agent checks take 200 ms longer",
      `add agent-send "${place.section.name}/${server.names[0]}\\n"`,
    );
  const inter = haproxyMs(wordAfter(server, "agent-inter") ?? "2s");
  if (inter !== null && inter > PROMISED_INTER_MS)
    add(
      "agent-inter",
      `agent-inter ${wordAfter(server, "agent-inter")}: a verdict arrives up to so much later`,
      "agent-inter 2s or less",
    );
  if (compare) found.push(...lintNames(server, place, port));
  return found;
}

function lintNames(server: ServerLine, { section, pool, settings }: Place, port: number): Finding[] {
  const found: Finding[] = [];
  const add = (code: string, text: string, mend: string): void =>
    void found.push({ line: server.line, code, text: `${server.names[0]}: ${text}`, mend });
  const send = wordAfter(server, "agent-send");
  const shared = settings.sharedPorts.includes(port);
  const dedicated = settings.ports.find((each) => each.port === port);
  if (port > 0 && !shared && dedicated === undefined) {
    add(
      "agent-port",
      `agent-port ${port} is none of checkd's`,
      `use ${[...settings.sharedPorts, ...settings.ports.filter((each) => each.pool === pool?.name).map((each) => each.port)].join(" or ") || "a port of agent.listen or an agent_port"}`,
    );
  }
  if (
    dedicated !== undefined &&
    pool !== null &&
    (dedicated.pool !== pool.name || !server.names.includes(dedicated.target))
  )
    add(
      "agent-port",
      `agent-port ${port} answers for ${dedicated.pool}/${dedicated.target}`,
      "swap the ports, or the names",
    );
  if (shared && send === null)
    add(
      "agent-send",
      `agent-port ${port} is shared and needs to be told for whom it answers`,
      `add agent-send "${section.name}/${server.names[0]}\\n"`,
    );
  const [askedPool, askedTarget] = (send ?? "").trim().split("/");
  if (shared && send !== null) {
    const asked = settings.pools.find(({ name }) => name === askedPool);
    const listed = asked?.targets.some(({ name }) => name === askedTarget) === true || (asked?.sources.length ?? 0) > 0;
    if (!listed)
      add(
        "unknown-name",
        `agent-send asks for ${send.trim()}, which is no target`,
        "write pool/target as in checkd.yaml",
      );
  }
  return found;
}

function lintPool({ section, servers }: Place, pool: PoolSettings, agents: readonly ServerLine[]): Finding[] {
  const found: Finding[] = [];
  const { policy } = pool;
  const slots = pool.outlets.flatMap(({ kind, options }) =>
    kind.name === "runtime" ? ((options as RuntimeOptions).slots ?? []) : [],
  );
  const names = new Set(servers.flatMap((server) => server.names));
  const missing = slots.filter((slot) => !names.has(slot));
  if (missing.length > 0)
    found.push({
      line: section.line,
      code: "unknown-name",
      text: `slots ${missing[0]}${missing.length > 1 ? ` and ${missing.length - 1} more` : ""} have no server line`,
      mend: "compare slots with server-template",
    });
  for (const server of agents) {
    const add = (code: string, text: string, mend: string): void =>
      void found.push({ line: server.line, code, text: `${server.names[0]}: ${text}`, mend });
    const weight = Number(wordAfter(server, "weight") ?? "1");
    if (policy.haproxyWeight !== null && weight !== policy.haproxyWeight)
      add(
        "weight",
        `weight ${weight}, but haproxy_weight of pool ${pool.name} is ${policy.haproxyWeight}`,
        `weight ${policy.haproxyWeight}`,
      );
    if (policy.haproxyWeight !== null && weight < 100)
      add(
        "weight",
        `weight ${weight} makes percents coarse: HAProxy cuts off what is left of the point`,
        "weight 100, and haproxy_weight: 100",
      );
    if (policy.rampMs > 0 && wordAfter(server, "slowstart") !== null)
      add("slowstart", "slowstart and ramp both raise the weight of a returning server", "take one of them away");
    if (policy.role === "writer" && wordAfter(server, "init-state") === null && !has(server, "disabled"))
      add(
        "init-state",
        "starts UP before the agent has spoken: after a reload two writers may be up",
        "init-state down (HAProxy 3.1), or a native check that asks for the role",
      );
  }
  return found;
}

function lintBalance({ section, pool }: Place, agents: readonly ServerLine[]): Finding[] {
  if (pool?.policy.haproxyWeight == null || agents.length === 0) return [];
  const balance = section.lines.find(({ words }) => words[0] === "balance");
  const hash = section.lines.find(({ words }) => words[0] === "hash-type");
  const algorithm = balance?.words[1] ?? "roundrobin";
  const consistent = hash?.words[1] === "consistent";
  if (DYNAMIC.test(algorithm) || (consistent && algorithm !== "static-rr")) return [];
  return [
    {
      line: balance?.line ?? section.line,
      code: "balance",
      text: `balance ${algorithm} takes no weights between 0 and 100%`,
      mend: "balance roundrobin or leastconn, or hash-type consistent",
    },
  ];
}
