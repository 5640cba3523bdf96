// What registrations look like: values, node names, folders of fields, services of a catalog.
import { type Membership, parseHostPort, type Target } from "../../../src/index.ts";

type Refused = { readonly entry: string; readonly why: string };
type Read = Omit<Target, "name" | "part"> | { readonly why: string };

const HOST = /^[A-Za-z0-9_.:%-]+$/;
const ADDRESS_FIELDS = ["ip", "host", "address"];
const LONGEST = 4096;
const SHAPES = 'write ip:port, {"host": ..., "port": ...}, a node named ip:port, or a folder with ip and port';

/** Targets of the entries below a path; an entry that makes no sense is left out with its reason, the rest works. */
export function readEntries(path: string, entries: Iterable<readonly [string, string]>): Membership {
  const targets: Target[] = [];
  const refused: Refused[] = [];
  const take = (entry: string, read: Read): void => {
    if ("why" in read) refused.push({ entry, why: read.why });
    else targets.push({ ...read, name: nameOf(read.host, read.port), part: "member" });
  };
  const folders = new Map<string, Map<string, string>>();
  for (const [key, value] of entries) {
    const [name = "", field, ...deeper] = key === path ? [""] : key.slice(path === "" ? 0 : path.length + 1).split("/");
    // The path itself, made and left empty, is a folder without instances.
    if (key === path && value.trim() === "") continue;
    if (field === undefined) take(key, readNode(name, value));
    else if (deeper.length > 0)
      refused.push({ entry: key, why: "lies too deep: expected a key or a folder of fields" });
    else folders.set(name, (folders.get(name) ?? new Map()).set(field, value));
  }
  for (const [name, fields] of folders) take(path === "" ? name : `${path}/${name}`, readFields(name, fields));
  return { targets: targets.sort((a, b) => (a.name < b.name ? -1 : 1)), refused };
}

const nameOf = (host: string, port: number): string => `${host}-${port}`.replace(/[^\w.-]/g, "-");

/** A key with a value, or one whose name says it all. */
export function readNode(name: string, value: string): Read {
  const text = value.trim();
  if (text.length > LONGEST) return { why: `is longer than ${LONGEST} bytes` };
  if (text.startsWith("{")) return readJson(text);
  const address = parseHostPort(text === "" ? name : text);
  if (address === null) return { why: `"${shorten(text === "" ? name : text)}" is no address; ${SHAPES}` };
  return checked(address.host, address.port, text === "" ? {} : { node: name });
}

function readJson(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: `is broken JSON; ${SHAPES}` };
  }
  const { host, port, weight, meta } = value as Record<string, unknown>;
  if (typeof host !== "string") return { why: "its JSON has no host" };
  if (weight !== undefined && !isWeight(weight))
    return { why: `weight ${shorten(JSON.stringify(weight))} is not a whole number from 1 to 256` };
  if (meta !== undefined && (typeof meta !== "object" || meta === null || Array.isArray(meta)))
    return { why: "its meta is not an object" };
  const words = Object.entries(meta ?? {}).map(([key, each]) => [
    key,
    typeof each === "string" ? each : JSON.stringify(each),
  ]);
  return checked(host, port, {
    ...Object.fromEntries(words),
    ...(weight === undefined ? {} : { weight: String(weight) }),
  });
}

const isWeight = (weight: unknown): boolean => {
  const number = typeof weight === "string" && /^\d{1,3}$/.test(weight) ? Number(weight) : weight;
  return typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 256;
};

function readFields(name: string, fields: ReadonlyMap<string, string>): Read {
  const host = ADDRESS_FIELDS.map((field) => fields.get(field)).find((each) => each !== undefined);
  if (host === undefined || !fields.has("port")) return { why: "its folder has no ip and port" };
  const rest = [...fields].filter(([field]) => field !== "port" && !ADDRESS_FIELDS.includes(field));
  const weight = fields.get("weight");
  if (weight !== undefined && !isWeight(weight.trim()))
    return { why: `weight ${shorten(weight)} is not a whole number from 1 to 256` };
  return checked(host.trim(), fields.get("port"), { ...Object.fromEntries(rest), node: name });
}

/** A service of a catalog, as drivers give it. */
export function readService(id: string, value: string, tag: string | null, passing: boolean): Read | null {
  const { host, port, tags, meta, status } = JSON.parse(value) as {
    readonly host: string;
    readonly port: number;
    readonly tags: readonly string[];
    readonly meta: Readonly<Record<string, string>>;
    readonly status: string;
  };
  if (tag !== null && !tags.includes(tag)) return null;
  if (passing && status !== "passing") return null;
  return checked(host, port, { ...meta, node: id });
}

/** Targets of the services of one name. */
export function readServices(
  entries: Iterable<readonly [string, string]>,
  tag: string | null,
  passing: boolean,
): Membership {
  const targets: Target[] = [];
  const refused: Refused[] = [];
  for (const [id, value] of entries) {
    const read = readService(id, value, tag, passing);
    if (read === null) continue;
    if ("why" in read) refused.push({ entry: id, why: read.why });
    else targets.push({ ...read, name: nameOf(read.host, read.port), part: "member" });
  }
  return { targets: targets.sort((a, b) => (a.name < b.name ? -1 : 1)), refused };
}

function checked(host: string, written: unknown, meta: Readonly<Record<string, string>>): Read {
  if (!HOST.test(host)) return { why: `"${shorten(host)}" is no host` };
  const port = typeof written === "string" && /^\s*\d{1,5}\s*$/.test(written) ? Number(written) : written;
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535)
    return { why: `port ${shorten(String(written))} is not between 1 and 65535` };
  return { host, port, meta };
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text).replace(/[^ -~]/g, "?");
