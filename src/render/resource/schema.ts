// [template.schema]: what the values of keys must be, so that nobody writes lines of haproxy.cfg through the registry.
import { isIP } from "node:net";
import { compileGlob } from "../functions/glob.ts";
import { toBytes } from "../gotemplate/bytes.ts";
import { hasControl, hasControlInside } from "../values/control.ts";
import { ResourceError } from "./resource.ts";

/** Keys whose values must be of a type. */
export interface SchemaRule {
  readonly pattern: string;
  readonly type: string;
  /** Whether a key, as a byte string, is meant. */
  covers(key: string): boolean;
  fits(value: string): boolean;
}

const NAME = /^[A-Za-z0-9_.:-]+$/;
const LABELS = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\.?$/;
const ADDRESS = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/;

function isHost(text: string): boolean {
  if (isIP(text) > 0) return true;
  // What looks like an IPv4 address and is none is no name either.
  return LABELS.test(text) && !/^[\d.]+$/.test(text);
}

const isPort = (text: string): boolean => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;

function isHostPort(text: string): boolean {
  const [, v6, host, port] = ADDRESS.exec(text) ?? [];
  if (port === undefined || !isPort(port)) return false;
  return v6 === undefined ? isHost(host ?? "") : isIP(v6) === 6;
}

function isJson(text: string): boolean {
  try {
    return !hasControlInside(JSON.parse(text));
  } catch {
    return false;
  }
}

const TYPES: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ["host", isHost],
  ["port", isPort],
  ["host:port", isHostPort],
  ["name", (text: string) => NAME.test(text)],
  ["int", (text: string) => /^-?\d{1,18}$/.test(text)],
  ["json", isJson],
]);

/** A line of the table: the pattern is confd's, the type one of ours. */
export function schemaRule(pattern: string, type: unknown): SchemaRule {
  const fits = typeof type === "string" ? TYPES.get(type) : undefined;
  if (typeof type !== "string" || fits === undefined)
    throw new ResourceError(
      `schema: "${pattern}" is no ${JSON.stringify(type)} (allowed: ${[...TYPES.keys()].join(", ")})`,
    );
  const glob = compileGlob(toBytes(pattern));
  if (glob === null || hasControl(pattern)) throw new ResourceError(`schema: "${pattern}" is no pattern`);
  return { pattern, type, covers: (key) => glob.matches(key), fits };
}
