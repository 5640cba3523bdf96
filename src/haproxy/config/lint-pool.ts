// Findings about a section whose pool is known.
import type { PoolSettings } from "../../config/settings.ts";
import { type Add, aboutServer, type Finding, lastLine, type Place, runtimesOf } from "./finding.ts";
import { has, type Line, type ServerLine, wordAfter } from "./parse.ts";

const DYNAMIC = /^(roundrobin|leastconn|random.*|first)$/;
/** Checks that can look at a server's role; mysql-check and redis-check cannot. */
const ROLE_CHECKS = ["tcp-check", "http-check", "external-check"];

/** Weights, roles, balance, and servers without the agent that answers for them. */
export function lintPool(place: Place): readonly Finding[] {
  const { pool, servers, lines, settings } = place;
  if (pool === null || settings === null) return [];
  const owned = runtimesOf(pool).some(({ slots }) => slots !== undefined);
  const agents = servers.filter((server) => has(server, "agent-check"));
  const weighed = owned ? servers : agents;
  return [
    ...agents.flatMap((server) => aboutServer(server, (add) => lintServer(server, pool, lines, add))),
    ...(owned ? [] : servers.flatMap((server) => aboutServer(server, (add) => lintSilent(server, place, add)))),
    ...(weighed.length === 0 ? [] : lintBalance(place, pool)),
  ];
}

function lintServer(server: ServerLine, { policy, name }: PoolSettings, lines: readonly Line[], add: Add): void {
  const weight = Number(wordAfter(server, "weight") ?? "1");
  if (policy.haproxyWeight !== null && weight !== policy.haproxyWeight)
    add(
      "weight",
      `weight ${weight}, but haproxy_weight of pool ${name} is ${policy.haproxyWeight}`,
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
  const startsDown = wordAfter(server, "init-state")?.endsWith("down") === true || has(server, "disabled");
  if (policy.role === "writer" && !startsDown && !checksRole(server, lines))
    add(
      "init-state",
      "starts UP before the agent has spoken: after a reload two writers may be up",
      "init-state down (HAProxy 3.1), or a native check that asks for the role",
    );
}

const checksRole = (server: ServerLine, lines: readonly Line[]): boolean =>
  has(server, "check") &&
  lines.some(({ words }) => ROLE_CHECKS.includes(words[0] ?? "") && ["expect", "command"].includes(words[1] ?? ""));

/** A target with a port of its own, on whose server line nobody asks it. */
function lintSilent(server: ServerLine, { pool, settings }: Place, add: Add): void {
  if (has(server, "agent-check")) return;
  const own = settings?.ports.find((each) => each.pool === pool?.name && server.names.includes(each.target));
  if (own !== undefined)
    add(
      "no-agent-check",
      `nobody asks checkd about it, although it has agent_port ${own.port}`,
      `add agent-check agent-addr ADDRESS agent-port ${own.port} agent-send "${own.pool}/${own.target}\\n"`,
    );
}

function lintBalance({ section, lines }: Place, { policy }: PoolSettings): readonly Finding[] {
  if (policy.haproxyWeight === null && policy.weight === null) return [];
  const balance = lastLine(lines, "balance");
  const algorithm = balance?.words[1] ?? "roundrobin";
  const consistent = lastLine(lines, "hash-type")?.words[1] === "consistent";
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
