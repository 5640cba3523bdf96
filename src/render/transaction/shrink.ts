import type { ShrinkGuard } from "../resource/resource.ts";

/** What is remembered of a resource: how many keys its file was made of, and since when there are far fewer. */
export interface KeysKnown {
  readonly keys: number;
  /** Wall time. */
  readonly shrunkSince: number | null;
}

/** Whether the new keys are taken. */
export type ShrinkVerdict =
  | { readonly take: true; readonly known: KeysKnown }
  /** `until`: wall time at which they will be taken; null: not before there are keys again, or an operator says so. */
  | { readonly take: false; readonly known: KeysKnown; readonly until: number | null; readonly why: string };

/**
 * A registry that lost its keys must not empty the file. Some keys fewer are an everyday thing; nearly all of them are
 * believed when it stays so, and none at all never.
 */
export function judgeShrink(
  known: KeysKnown | null,
  keys: number,
  guard: ShrinkGuard | null,
  now: number,
): ShrinkVerdict {
  const take = { take: true, known: { keys, shrunkSince: null } } as const;
  if (known === null || guard === null || keys >= known.keys) return take;
  const empty = keys === 0;
  if (!empty && (known.keys - keys) / known.keys <= guard.share) return take;
  const since = known.shrunkSince ?? now;
  const until = since + guard.forMs;
  if (!empty && now >= until) return take;
  const why = empty ? `all ${known.keys} keys are gone` : `of ${known.keys} keys ${keys} are left`;
  return { take: false, known: { keys: known.keys, shrunkSince: since }, until: empty ? null : until, why };
}
