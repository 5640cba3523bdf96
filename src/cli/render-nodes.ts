import type { Clock } from "../contract.ts";
import { withDeadline } from "../engine/deadline.ts";
import { describeError } from "../errors.ts";
import type { NameService, Service } from "../render/functions/name-service.ts";
import type { RenderLog } from "../render/log.ts";
import type { BackendOptions } from "../render/source/backend.ts";

/** Longest wait for the name service. */
const NAMES_MS = 10_000;

/** What looking for nodes works with. */
export interface NodesEnv {
  readonly names: NameService;
  readonly clock: Clock;
  readonly log: RenderLog;
}

/** The nodes that were named, or that an SRV record ("" for none) names: the most preferred first. */
export async function nodesOf(
  { backend, nodes, scheme }: Pick<BackendOptions, "backend" | "nodes" | "scheme">,
  srvRecord: string,
  { names, clock, log }: NodesEnv,
): Promise<readonly string[]> {
  if (srvRecord === "" || backend === "env" || backend === "file") return nodes;
  log("info", `SRV record set to ${srvRecord}`);
  const found = await servicesAt(srvRecord, names, clock);
  const start = backend === "etcd" ? `${scheme}://` : "";
  return found.map(({ target, port }) => `${start}${target.replace(/\.$/, "")}:${port}`);
}

async function servicesAt(record: string, names: NameService, clock: Clock): Promise<readonly Service[]> {
  try {
    const ask = (signal: AbortSignal): Promise<readonly Service[]> => names.services(record, signal);
    const found = await withDeadline(clock, NAMES_MS, new AbortController().signal, ask);
    if (found.length === 0) throw new Error(`lookup ${record}: no such host`);
    return [...found].sort((a, b) => a.priority - b.priority || b.weight - a.weight);
  } catch (error) {
    throw new Error(`Cannot get nodes from SRV records ${describeError(error)}`, { cause: error });
  }
}
