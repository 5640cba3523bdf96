import type { Path } from "../document.ts";
import type { Loading } from "../loading.ts";
import { pathWords } from "../loading.ts";
import { parseHostPort } from "../options.ts";
import { AgentKeys } from "../schema/daemon.ts";
import { DAEMON_DEFAULTS } from "../schema/defaults.ts";
import type { AdminSettings, AgentPort, AgentSettings } from "../settings.ts";
import { withDefaults } from "./daemon.ts";
import type { PoolReading } from "./pool.ts";

const ANY_HOST = "0.0.0.0";
const BUILT_IN = AgentKeys.parse(DAEMON_DEFAULTS.agent);

/** The section `agent` together with the ports that targets ask for; nothing may listen twice. */
export function readAgent(
  loading: Loading,
  value: unknown,
  pools: readonly PoolReading[],
  admin: AdminSettings | null,
): AgentSettings {
  const agent = withDefaults(loading, AgentKeys, DAEMON_DEFAULTS.agent, value ?? {}, ["agent"]);
  if (agent.timeout === 0) loading.report(["agent", "timeout"], "must be longer than 0", "as 5s");
  const listen = agent.listen ?? [];
  const http = agent.http ?? [];
  const host = listen.map(parseHostPort).find((address) => address !== null)?.host ?? ANY_HOST;
  const claims: Claim[] = [
    ...shared(listen, ["agent", "listen"]),
    ...shared(http, ["agent", "http"]),
    ...shared(admin === null ? [] : [admin.listen], ["admin", "listen"]),
  ];
  const ports: AgentPort[] = [];
  for (const { settings, ports: own } of pools) {
    for (const { target, host: bound, port, path } of own) {
      claims.push({ host: bound ?? host, port, path });
      ports.push({ pool: settings.name, target, host: bound ?? host, port });
    }
  }
  reportConflicts(loading, claims);
  return {
    listen,
    http,
    allow: agent.allow ?? [],
    maxConnections: agent.max_connections ?? BUILT_IN.max_connections ?? 0,
    maxPerPeer: agent.max_per_peer ?? BUILT_IN.max_per_peer ?? 0,
    timeoutMs: agent.timeout ?? BUILT_IN.timeout ?? 0,
    ports,
  };
}

interface Claim {
  readonly host: string;
  readonly port: number;
  readonly path: Path;
}

const shared = (addresses: readonly string[], path: Path): readonly Claim[] =>
  addresses.flatMap((text) => {
    const address = parseHostPort(text);
    return address === null ? [] : [{ ...address, path }];
  });

function reportConflicts(loading: Loading, claims: readonly Claim[]): void {
  for (const [index, claim] of claims.entries()) {
    const first = claims.slice(0, index).find((other) => other.port === claim.port && overlap(other.host, claim.host));
    if (first !== undefined)
      loading.report(claim.path, `port ${claim.port} is taken already`, `by ${pathWords(first.path)}`);
  }
}

const WILD = [ANY_HOST, "::"];
const overlap = (a: string, b: string): boolean => a === b || WILD.includes(a) || WILD.includes(b);
