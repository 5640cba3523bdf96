// Findings about one server line with agent-check.
import { nearest } from "../../config/nearest.ts";
import type { PoolSettings } from "../../config/settings.ts";
import type { Target } from "../../core/types.ts";
import { type Add, aboutServer, type Finding, type LintSettings, type Place } from "./finding.ts";
import { haproxyMs, has, type ServerLine, wordAfter } from "./parse.ts";

/** An agent that is asked more rarely than this is slower than what the defaults promise. */
const PROMISED_INTER_MS = 2000;

/** `anySend`: some server of this HAProxy has agent-send. */
export function lintAgent(server: ServerLine, place: Place, anySend: boolean): readonly Finding[] {
  return aboutServer(server, (add) => {
    lintWords(server, add);
    if (anySend && wordAfter(server, "agent-send") === null)
      add(
        "agent-send",
        "other servers of this HAProxy have agent-send: this one's agent checks take 200 ms longer",
        `add agent-send "${place.section.name}/${server.names[0]}\\n"`,
      );
    lintPort(server, place, add);
    lintSend(server, place, add);
  });
}

function lintWords(server: ServerLine, add: Add): void {
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
  const written = wordAfter(server, "agent-inter") ?? "2s";
  const inter = haproxyMs(written);
  if (inter !== null && inter > PROMISED_INTER_MS)
    add("agent-inter", `agent-inter ${written}: a verdict arrives up to so much later`, "agent-inter 2s or less");
}

/** Whom a server asks about: by its own port, else by its agent-send; null: nobody of ours. */
export function askedOf(server: ServerLine, { ports, sharedPorts }: LintSettings): Asked | null {
  if (!has(server, "agent-check")) return null;
  const port = Number(wordAfter(server, "agent-port"));
  const own = ports.find((each) => each.port === port);
  if (own !== undefined) return own;
  return sharedPorts.includes(port) ? sentBy(server) : null;
}

interface Asked {
  readonly pool: string;
  readonly target: string;
}

function sentBy(server: ServerLine): Asked | null {
  const [pool = "", target = ""] = (wordAfter(server, "agent-send") ?? "").trim().split("/");
  return pool === "" || target === "" ? null : { pool, target };
}

/** The port is one of ours, and answers for this very server. */
function lintPort(server: ServerLine, { pool, settings }: Place, add: Add): void {
  const port = Number(wordAfter(server, "agent-port"));
  if (settings === null || !(port > 0)) return;
  const { ports, sharedPorts } = settings;
  if (sharedPorts.includes(port)) return;
  const dedicated = ports.find((each) => each.port === port);
  if (dedicated === undefined) {
    const ours = [...sharedPorts, ...ports.filter((each) => each.pool === pool?.name).map((each) => each.port)];
    const mend = `use ${ours.join(" or ") || "a port of agent.listen or an agent_port"}`;
    add("agent-port", `agent-port ${port} is none of checkd's`, mend);
  } else if (pool !== null && !answersFor(server, pool, dedicated))
    add(
      "agent-port",
      `agent-port ${port} answers for ${dedicated.pool}/${dedicated.target}`,
      "swap the ports, or the names",
    );
}

/** Under its name, or under one that no target has at the same address. */
function answersFor(server: ServerLine, pool: PoolSettings, { pool: name, target }: Asked): boolean {
  if (pool.name !== name) return false;
  if (server.names.includes(target)) return true;
  if (pool.targets.some((each) => server.names.includes(each.name))) return false;
  const known = pool.targets.find((each) => each.name === target);
  return known !== undefined && server.address === hostPort(known);
}

const hostPort = ({ host, port }: Target): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** What a port of ours is asked must be a target. */
function lintSend(server: ServerLine, { section, settings }: Place, add: Add): void {
  const port = Number(wordAfter(server, "agent-port"));
  if (settings === null) return;
  const shared = settings.sharedPorts.includes(port);
  const send = wordAfter(server, "agent-send");
  if (send === null) {
    if (!shared) return;
    add(
      "agent-send",
      `agent-port ${port} is shared and needs to be told for whom it answers`,
      `add agent-send "${section.name}/${server.names[0]}\\n"`,
    );
    return;
  }
  // A port of its own answers whatever is asked; what is asked wrongly misleads all the same.
  if (!shared && !settings.ports.some((each) => each.port === port)) return;
  const asked = sentBy(server);
  const pool = settings.pools.find(({ name }) => name === asked?.pool);
  const listed = pool?.targets.some(({ name }) => name === asked?.target) === true || (pool?.sources.length ?? 0) > 0;
  if (!listed)
    add("unknown-name", `agent-send asks for ${send.trim()}, which is no target`, rightName(asked, settings));
}

function rightName(asked: Asked | null, { pools }: LintSettings): string {
  const names = pools.flatMap(({ name, targets }) => targets.map((target) => `${name}/${target.name}`));
  const close = asked === null ? null : nearest(`${asked.pool}/${asked.target}`, names);
  return close === null ? "write pool/target as in checkd.yaml" : `did you mean "${close}\\n"?`;
}
