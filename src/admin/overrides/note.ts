// What a shared order looks like in the registry, and which of two notes about one target holds.
import { z } from "zod";
import type { TargetId } from "../../core/types.ts";
import { type KeptOrder, keptOrder } from "../../engine/order-shelf.ts";

/** The last word about one target: an order, or that the former one was ended. Times are wall times. */
export interface Note {
  readonly order: KeptOrder | null;
  /** Grows with every word about this target, whatever the clocks of the daemons say. */
  readonly at: number;
  /** Who ended it; empty for an order, which names its owner. */
  readonly by: string;
}

/** Notes by target. */
export type Notes = ReadonlyMap<TargetId, Note>;

const at = z.number().int().nonnegative();
const stored = z.union([keptOrder.extend({ at }), z.strictObject({ ended: z.literal(true), by: z.string(), at })]);

/** The value of a key. */
export function writeNote({ order, at, by }: Note): string {
  return JSON.stringify(order === null ? { ended: true, by, at } : { ...order, at });
}

/** What a value says; null when it makes no sense. */
export function readNote(text: string): Note | null {
  try {
    const note = stored.parse(JSON.parse(text));
    if ("ended" in note) return { order: null, at: note.at, by: note.by };
    const { at, ...order } = note;
    return { order, at, by: "" };
  } catch {
    return null;
  }
}

/** The key of a target below the prefix; null for a key that is none. */
export function idOfKey(prefix: string, key: string): TargetId | null {
  const [pool, target, ...more] = key.slice(prefix.length + 1).split("/");
  if (pool === undefined || target === undefined || more.length > 0) return null;
  try {
    return `${decodeURIComponent(pool)}/${decodeURIComponent(target)}`;
  } catch {
    return null;
  }
}

/** The key of a target below the prefix. */
export function keyOfId(prefix: string, id: TargetId): string {
  const slash = id.indexOf("/");
  return `${prefix}/${encodeURIComponent(id.slice(0, slash))}/${encodeURIComponent(id.slice(slash + 1))}`;
}

/** Whether the first note replaces the second. */
export const isNewer = (one: Note, other: Note | undefined): boolean => other === undefined || one.at > other.at;

/** Orders that stand; one whose time is up ends by every daemon's own clock, and needs no word. */
export function ordersOf(notes: Notes, wall: number): Map<TargetId, KeptOrder> {
  const standing = new Map<TargetId, KeptOrder>();
  for (const [id, { order }] of notes) if (order !== null && !isOver(order, wall)) standing.set(id, order);
  return standing;
}

/** Whether the time of an order is up. */
export const isOver = ({ until }: KeptOrder, wall: number): boolean => until !== null && until <= wall;

const KEPT_MS = 30 * 86_400_000;

/** Whether nobody can need a note any more: its order is over, or was ended, for so long. */
export const isHistory = ({ order, at }: Note, wall: number): boolean =>
  wall - (order === null ? at : (order.until ?? Number.POSITIVE_INFINITY)) > KEPT_MS;
