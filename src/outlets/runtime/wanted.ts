// What the board wants of HAProxy's slots. Pure but for names.
import { isIP } from "node:net";
import type { Ms, PoolView, Row } from "../../core/types.ts";
import { addressOf, type Wanted } from "../../haproxy/assign.ts";
import type { Names } from "../../haproxy/names.ts";

/** What slots should do, and whose address is not known. */
export interface WantedSlots {
  readonly wanted: readonly Wanted[];
  /** Targets whose host has never resolved. */
  readonly nameless: readonly string[];
  /** Targets at an address that another one has already. */
  readonly twins: readonly string[];
  /** Some host is a name, whose address may change. */
  readonly byName: boolean;
}

/** What a target should do in HAProxy; of a reference, nothing. */
export function wantedOf({ target, verdict }: Row, now: Ms): Wanted | null {
  if (target.part === "reference") return null;
  const { name, host, port } = target;
  const base = { name, host, port, fullWeight: weightOf(target.meta.weight), percent: verdict?.weight ?? 0 };
  if (verdict === null) return { ...base, use: "hold" };
  if (verdict.order === "drain") return { ...base, use: "drain" };
  if (verdict.order === null && now > verdict.staleAt) return { ...base, use: "hold" };
  return { ...base, use: verdict.state === "up" && verdict.order === null ? "serve" : "off" };
}

/** A registration may ask for a weight. */
function weightOf(text: string | undefined): number | null {
  const weight = Number(text);
  return text !== undefined && Number.isInteger(weight) && weight >= 1 && weight <= 256 ? weight : null;
}

/** All wanted slots of a view by the addresses that HAProxy needs, each address once. */
export async function wantedSlots(view: PoolView, names: Names, now: Ms): Promise<WantedSlots> {
  const rows = [...view.rows.values()].map((row) => wantedOf(row, now)).filter((each) => each !== null);
  const resolved = await Promise.all(rows.map(async (each) => ({ each, host: await names.addressOf(each.host) })));
  const wanted = new Map<string, Wanted>();
  const nameless: string[] = [];
  const twins: string[] = [];
  for (const { each, host } of resolved) {
    if (host === null) nameless.push(each.name);
    else if (wanted.has(addressOf({ host, port: each.port }))) twins.push(each.name);
    else wanted.set(addressOf({ host, port: each.port }), { ...each, host });
  }
  return { wanted: [...wanted.values()], nameless, twins, byName: rows.some(({ host }) => isIP(host) === 0) };
}
