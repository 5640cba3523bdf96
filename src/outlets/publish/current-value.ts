import type { PoolView, Target } from "../../core/types.ts";
import { fill } from "./template.ts";

/** How the published target is written down. */
export interface CurrentShape {
  /** `+10050` adds to the target's port, a number is meant as it is; null: no proxyport. */
  readonly proxyport: string | number | null;
  /** Keys below the publication's key, by name, instead of one JSON value; null: one JSON value. */
  readonly values: Readonly<Record<string, string>> | null;
}

const proxyPort = (shape: CurrentShape, port: number): number =>
  typeof shape.proxyport === "string" && shape.proxyport.startsWith("+")
    ? port + Number(shape.proxyport.slice(1))
    : Number(shape.proxyport);

/** Keys and values that publish this target: `{"name":"slave3301", "host":"10.0.21.5", "port":3301, "proxyport":13351}`. */
export function currentValues(
  key: string,
  shape: CurrentShape,
  target: Target,
  view: PoolView,
): ReadonlyMap<string, string> {
  if (shape.values !== null) {
    const entries = Object.entries(shape.values).map(
      ([name, text]) => [`${key}/${name}`, fill(text, target, view)] as const,
    );
    return new Map(entries);
  }
  const { host, port } = target;
  const proxyport = shape.proxyport === null ? {} : { proxyport: proxyPort(shape, port) };
  return new Map([[key, spelled({ name: view.pool, host, port, ...proxyport })]]);
}

/** JSON as the old tool spelled it: whoever takes a value apart by its letters goes on working. */
const spelled = (fields: Readonly<Record<string, string | number>>): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(", ")}}`;

/** Whether what is in the registry names this target. */
export function names(
  target: Target,
  key: string,
  shape: CurrentShape,
  view: PoolView,
  found: ReadonlyMap<string, { readonly value: string }>,
): boolean {
  if (shape.values !== null)
    return [...currentValues(key, shape, target, view)].every(([each, value]) => found.get(each)?.value === value);
  const parsed = parse(found.get(key)?.value);
  return parsed !== null && parsed.host === target.host && Number(parsed.port) === target.port;
}

function parse(text: string | undefined): { readonly host?: unknown; readonly port?: unknown } | null {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}
