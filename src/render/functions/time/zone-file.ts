import { readFileSync } from "node:fs";

const HEADER = 44;
const FOLDER = "/usr/share/zoneinfo/";

interface Period {
  readonly from: bigint;
  readonly offset: number;
  readonly name: string;
}

/** The short names of a zone, as its file in the zone database has them. */
export interface ZoneFile {
  /** The name in force at a moment, given the offset in force; null when the file does not say. */
  nameAt(seconds: number, offset: number): string | null;
}

function counts(data: DataView, at: number): { times: number; types: number; names: number; skip: number } {
  const [utc, standard, leaps, times, types, names] = [20, 24, 28, 32, 36, 40].map((i) => data.getUint32(at + i));
  const skip = (leaps ?? 0) * 12 + (standard ?? 0) + (utc ?? 0);
  return { times: times ?? 0, types: types ?? 0, names: names ?? 0, skip };
}

// The second half of the file has 64-bit times; its end names what holds after the last of them.
function readZone(bytes: Buffer): { periods: Period[]; footer: string } {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.toString("latin1", 0, 4) !== "TZif") throw new Error("no zone file");
  const old = counts(data, 0);
  const oldLeaps = data.getUint32(28) * 4;
  const start = HEADER + old.times * 5 + old.types * 6 + old.names + old.skip - oldLeaps;
  const { times, types, names, skip } = counts(data, start);
  const timesAt = start + HEADER;
  const typesAt = timesAt + times * 9;
  const namesAt = typesAt + types * 6;
  const typeOf = (index: number): Omit<Period, "from"> => {
    const at = typesAt + index * 6;
    const name = namesAt + data.getUint8(at + 5);
    return { offset: data.getInt32(at), name: bytes.toString("latin1", name, bytes.indexOf(0, name)) };
  };
  const periods = Array.from({ length: times }, (_none, i) => {
    return { from: data.getBigInt64(timesAt + i * 8), ...typeOf(data.getUint8(timesAt + times * 8 + i)) };
  });
  return { periods, footer: bytes.toString("latin1", namesAt + names + skip).trim() };
}

const RULE = /^(?:<([^>]+)>|([A-Za-z]+))([-+]?\d+(?::\d+){0,2})(?:<([^>]+)>|([A-Za-z]+))?/;

function ruleName(footer: string, offset: number): string | null {
  const [, quoted, plain, west = "0", dstQuoted, dstPlain] = RULE.exec(footer) ?? [];
  const [hours = 0, minutes = 0] = west.split(":").map(Number);
  const sign = west.startsWith("-") ? 1 : -1;
  const standard = sign * (Math.abs(hours) * 3600 + minutes * 60);
  return (standard === offset ? (quoted ?? plain) : (dstQuoted ?? dstPlain)) ?? null;
}

/** The zone of this machine: `TZ`, else /etc/localtime; null when there is no file to read. */
export function readZoneFile(zone: string | undefined): ZoneFile | null {
  const name = zone?.replace(/^:/, "");
  try {
    const path = name ? (name.startsWith("/") ? name : FOLDER + name) : "/etc/localtime";
    const { periods, footer } = readZone(readFileSync(path));
    return { nameAt: (seconds, offset) => nameAt(periods, footer, BigInt(seconds), offset) };
  } catch {
    return null;
  }
}

function nameAt(periods: readonly Period[], footer: string, seconds: bigint, offset: number): string | null {
  const current = periods.findLast(({ from }) => from <= seconds);
  const isLast = current === undefined || current === periods.at(-1);
  if (isLast && footer !== "") return ruleName(footer, offset);
  return current?.offset === offset ? current.name : null;
}
