import { isIP } from "node:net";
import type { Target } from "../../core/types.ts";
import type { Path } from "../document.ts";
import { isSection, type Loading, readSection } from "../loading.ts";
import { TargetKeys } from "../schema/pool.ts";
import { nameProblem } from "../schema/values.ts";

/** An agent port as a target names it; the host is that of `agent.listen` when it names none. */
export interface OwnPort {
  readonly target: string;
  readonly host: string | null;
  readonly port: number;
  readonly path: Path;
}

/** The targets of a pool that stand in the file. */
export interface Listed {
  readonly targets: readonly Target[];
  readonly ports: readonly OwnPort[];
}

/** Reads `targets`; with `fallback: primary` a target named `primary` is the backup. */
export function readTargets(loading: Loading, value: unknown, path: Path, backup: string | null): Listed {
  if (value === undefined) return { targets: [], ports: [] };
  if (!isSection(value)) {
    loading.report(path, "expected a section of targets by name", 'as { app1: "10.200.60.42:80" }');
    return { targets: [], ports: [] };
  }
  const targets: Target[] = [];
  const ports: OwnPort[] = [];
  const seen = new Map<string, string>();
  for (const [name, given] of Object.entries(value)) {
    const place = [...path, name];
    const problem = nameProblem(name);
    if (problem !== null) loading.report(place, problem);
    const read = readTarget(loading, name, given, place, backup);
    if (read === null) continue;
    const { target, port } = read;
    targets.push(target);
    if (port !== null) ports.push(port);
    const address = `${target.host}:${target.port}`;
    const twin = seen.get(address);
    if (twin !== undefined) loading.warn(place, `has the address of ${twin}: ${address}`);
    seen.set(address, name);
  }
  return { targets, ports };
}

function readTarget(loading: Loading, name: string, given: unknown, path: Path, backup: string | null) {
  if (given === null || (typeof given !== "string" && !isSection(given))) {
    loading.report(path, "expected host:port or a section with address", 'as "10.200.60.42:80"');
    return null;
  }
  // An address alone stands where its section would: problems of it belong to the name.
  const values =
    typeof given === "string" ? readAddress(loading, given, path) : readSection(loading, TargetKeys, given, path);
  if (values.address === undefined) return null;
  const part = values.part ?? (name === backup ? "backup" : "member");
  const { host, port } = values.address;
  const target: Target = { name, host, port, meta: values.meta ?? {}, part };
  const own = values.agent_port;
  return { target, port: own === undefined ? null : { target: name, ...own, path: [...path, "agent_port"] } };
}

function readAddress(loading: Loading, text: string, path: Path): ReturnType<typeof readSection<typeof TargetKeys>> {
  const short = {
    ...loading,
    report: (_: Path, problem: string, hint?: string | null) => loading.report(path, problem, hint),
  };
  return readSection(short, TargetKeys, { address: text }, path);
}

/** The references of the brake: probed, never served. */
export const referenceTargets = (
  addresses: readonly { readonly host: string; readonly port: number }[],
): readonly Target[] =>
  addresses.map(({ host, port }) => ({
    name: `reference-${isIP(host) === 6 ? host.replace(/[:%]/g, "-") : host}-${port}`,
    host,
    port,
    meta: {},
    part: "reference",
  }));
