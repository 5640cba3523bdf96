// Findings about one server line with agent-check.
import { type Add, aboutServer, type Finding, type Place } from "./finding.ts";
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
  } else if (pool !== null && (dedicated.pool !== pool.name || !server.names.includes(dedicated.target)))
    add(
      "agent-port",
      `agent-port ${port} answers for ${dedicated.pool}/${dedicated.target}`,
      "swap the ports, or the names",
    );
}

/** What a shared port is asked must be a target. */
function lintSend(server: ServerLine, { section, settings }: Place, add: Add): void {
  const port = Number(wordAfter(server, "agent-port"));
  if (settings === null || !settings.sharedPorts.includes(port)) return;
  const send = wordAfter(server, "agent-send");
  if (send === null) {
    add(
      "agent-send",
      `agent-port ${port} is shared and needs to be told for whom it answers`,
      `add agent-send "${section.name}/${server.names[0]}\\n"`,
    );
    return;
  }
  const [askedPool, askedTarget] = send.trim().split("/");
  const asked = settings.pools.find(({ name }) => name === askedPool);
  const listed = asked?.targets.some(({ name }) => name === askedTarget) === true || (asked?.sources.length ?? 0) > 0;
  if (!listed)
    add(
      "unknown-name",
      `agent-send asks for ${send.trim()}, which is no target`,
      "write pool/target as in checkd.yaml",
    );
}
