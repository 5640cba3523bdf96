import type { ShrinkGuard } from "../config/settings.ts";
import type { Membership } from "../contract.ts";
import type { Ms, Target } from "../core/types.ts";
import { compareLists } from "../registry/shrink.ts";

/** A target that its source names no more, kept for a while because too many went at once. */
export interface Held {
  readonly target: Target;
  readonly until: Ms;
}

/** What one source named last, and what is held of what it named before. */
export interface SourceList {
  readonly named: readonly Target[];
  readonly held: readonly Held[];
}

/** A source that has named nothing yet. */
export const emptyList: SourceList = { named: [], held: [] };

/** Takes the new list of a source; when more than the guard's share of the members went at once, they are held. */
export function relist(was: SourceList, named: readonly Target[], guard: ShrinkGuard, now: Ms): SourceList {
  const names = namesOf(named);
  const gone = isShrunk(was.named, named, guard) ? was.named.filter(({ name }) => !names.has(name)) : [];
  const held = was.held.filter(({ target, until }) => !names.has(target.name) && until > now);
  return { named, held: [...held, ...gone.map((target) => ({ target, until: now + guard.forMs }))] };
}

/** A backup does not count: a source that always names the primary has lost all when its only replica is missing. */
function isShrunk(was: readonly Target[], named: readonly Target[], guard: ShrinkGuard): boolean {
  if (named.length === 0) return was.length > 0;
  const change = compareLists(namesOf(was.filter(isMember)), namesOf(named.filter(isMember)), guard.share);
  return change === "shrunk" || change === "emptied";
}

/** Lets go of held targets that nothing speaks for any more: their time is up, they fail, or their address is elsewhere. */
export function letGo(list: SourceList, gone: (held: Held) => boolean, now: Ms): SourceList {
  const held = list.held.filter((one) => one.until > now && !gone(one));
  return held.length === list.held.length ? list : { ...list, held };
}

/**
 * All targets of a pool: first those of the file, as they are, then each source's. A source's target whose name or address
 * is taken is left out; a reference may have the address of a member, as it is asked for another purpose.
 */
export function unite(fixed: readonly Target[], lists: readonly (readonly Target[])[]): readonly Target[] {
  const all = [...fixed];
  const names = new Set(fixed.map(({ name }) => name));
  const addresses = new Set(fixed.filter(isServed).map(addressOf));
  for (const target of lists.flat()) {
    const served = isServed(target);
    if (names.has(target.name) || (served && addresses.has(addressOf(target)))) continue;
    names.add(target.name);
    if (served) addresses.add(addressOf(target));
    all.push(target);
  }
  return all;
}

/** Targets of one list that cannot be told apart by their name: all but the first of a name are left out. */
export function namesakes(targets: readonly Target[]): Membership["refused"] {
  const first = new Map<string, Target>();
  return targets.flatMap((target) => {
    const other = first.get(target.name);
    if (other === undefined) first.set(target.name, target);
    if (other === undefined || addressOf(other) === addressOf(target)) return [];
    const why = `is called ${target.name} as ${addressOf(other)} is; tell them apart by the key name, as "{host}-{port}"`;
    return [{ entry: addressOf(target), why }];
  });
}

/** A target that serves, or may. */
export const isServed = ({ part }: Target): boolean => part !== "reference";

const isMember = ({ part }: Target): boolean => part === "member";

/** Name of a discovered target by the template, fit for a name; a backup keeps the one its source gave. */
export function nameBy(template: string, target: Target, pool: string, group: string | null): Target {
  if (target.part !== "member") return target;
  const words: Readonly<Record<string, string>> = {
    ...target.meta,
    name: target.name,
    host: target.host,
    port: String(target.port),
    pool,
    group: group ?? "",
  };
  const name = template
    .replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
    .replace(/[^A-Za-z0-9._-]/g, "-");
  return name === target.name ? target : { ...target, name };
}

/** host:port. */
export const addressOf = (target: Target): string => `${target.host}:${target.port}`;

/** Whether two lists name the same targets in the same order. */
export const sameTargets = (a: readonly Target[], b: readonly Target[]): boolean =>
  a.length === b.length && JSON.stringify(a) === JSON.stringify(b);

const namesOf = (targets: readonly Target[]): ReadonlySet<string> => new Set(targets.map(({ name }) => name));
