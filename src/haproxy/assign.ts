// Which slot is whose. Pure.
import { isMaint, type ServerSeen } from "./server.ts";

/** What a slot should do for one target. */
export interface Wanted {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** serve: takes traffic; drain: finishes what it has; off: takes nothing, at once; hold: stays as it is. */
  readonly use: "serve" | "drain" | "off" | "hold";
  /** Percent of the full weight, 0..100. */
  readonly percent: number;
  /** The full weight where the instance itself asked for one; null: the configured one. */
  readonly fullWeight: number | null;
}

type Address = { readonly host: string; readonly port: number };

/** One text for equal addresses. */
export const addressOf = ({ host, port }: Address): string => `${host} ${port}`;

/**
 * Gives every wanted target a slot: the one that has its address; else one that nobody had; else the one that is free
 * for the longest time, so that who returns finds its own; else that of a target which is out. Nobody who takes traffic is evicted.
 */
export function assignSlots(seen: readonly ServerSeen[], wanted: readonly Wanted[]): Map<string, ServerSeen> {
  const byAddress = groupByAddress(seen);
  const slots = new Map<string, ServerSeen>();
  const users = new Map<string, Wanted>();
  const take = (target: Wanted, slot: ServerSeen): void => {
    const lender = users.get(slot.name);
    if (lender !== undefined) slots.delete(lender.name);
    users.set(slot.name, target);
    slots.set(target.name, slot);
  };
  for (const target of wanted) {
    const own = (byAddress.get(addressOf(target)) ?? []).filter((slot) => !users.has(slot.name));
    const best = own.find((slot) => !isMaint(slot)) ?? own[0];
    if (best !== undefined) take(target, best);
  }
  const idle = idleSlots(seen, byAddress);
  const free = idle.filter((slot) => !users.has(slot.name));
  const lent = idle.filter((slot) => users.get(slot.name)?.use === "off");
  for (const target of wanted) {
    if (slots.has(target.name) || target.use !== "serve") continue;
    const next = free.shift() ?? lent.shift();
    if (next !== undefined) take(target, next);
  }
  return slots;
}

/** Slots in maintenance: those that no instance ever had first, then the ones that are so for the longest time. */
function idleSlots(
  seen: readonly ServerSeen[],
  byAddress: ReadonlyMap<string, readonly ServerSeen[]>,
): readonly ServerSeen[] {
  // Slots come from one line of haproxy.cfg: before their first use they have one address.
  const unused = (slot: ServerSeen): boolean => slot.port === 0 || (byAddress.get(addressOf(slot))?.length ?? 0) > 1;
  const idle = seen.filter(isMaint);
  const used = idle.filter((slot) => !unused(slot)).sort((a, b) => b.unchangedSeconds - a.unchangedSeconds);
  return [...idle.filter(unused), ...used];
}

function groupByAddress(seen: readonly ServerSeen[]): ReadonlyMap<string, ServerSeen[]> {
  const groups = new Map<string, ServerSeen[]>();
  for (const slot of seen) {
    const group = groups.get(addressOf(slot));
    if (group === undefined) groups.set(addressOf(slot), [slot]);
    else group.push(slot);
  }
  return groups;
}
