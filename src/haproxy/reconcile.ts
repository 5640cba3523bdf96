// Slots of a backend that checkd owns: what HAProxy has against what it should have, as commands. Pure.
import type { Ms } from "../core/types.ts";
import { isDrain, isMaint, type ServerSeen } from "./server.ts";

/** What a slot should do for one target. */
export interface Wanted {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** serve: takes traffic; drain: finishes what it has; off: takes nothing, at once. */
  readonly use: "serve" | "drain" | "off";
  /** Percent of the configured weight, 0..100. */
  readonly percent: number;
}

/** What is remembered between two looks: since when a slot is being emptied. */
export type Emptying = ReadonlyMap<string, Ms>;

/** The commands that bring HAProxy closer, and what remains. */
export interface Reconciled {
  readonly commands: readonly string[];
  /** Target -> slot. */
  readonly slots: ReadonlyMap<string, string>;
  /** Targets that should serve and have no slot. */
  readonly homeless: readonly string[];
  readonly emptying: Emptying;
  /** Slots that still have sessions to finish: look again. */
  readonly waiting: readonly string[];
}

/** All that decides. `seen` holds the owned slots only, in the order of their names. */
export interface ReconcileInput {
  readonly backend: string;
  readonly seen: readonly ServerSeen[];
  readonly wanted: readonly Wanted[];
  readonly emptying: Emptying;
  readonly drainForMs: Ms;
  readonly now: Ms;
}

const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): string => `${host} ${port}`;

/** A slot nobody uses: in maintenance. Its last address stays readable, so a returning instance finds its slot again. */
const isFree = (slot: ServerSeen): boolean => isMaint(slot);

/** Gives every wanted target a slot: the one that has its address, else a free one; nobody is evicted. */
export function assignSlots(seen: readonly ServerSeen[], wanted: readonly Wanted[]): Map<string, ServerSeen> {
  const taken = new Set<string>();
  const slots = new Map<string, ServerSeen>();
  const take = (target: Wanted, slot: ServerSeen): void => {
    taken.add(slot.name);
    slots.set(target.name, slot);
  };
  const byAddress = new Map<string, ServerSeen[]>();
  for (const slot of seen) byAddress.set(addressOf(slot), [...(byAddress.get(addressOf(slot)) ?? []), slot]);
  for (const target of wanted) {
    const own = byAddress.get(addressOf(target)) ?? [];
    const best = own.find((slot) => !isFree(slot)) ?? own[0];
    if (best !== undefined) take(target, best);
  }
  const free = seen.filter((slot) => isFree(slot) && !taken.has(slot.name));
  for (const target of wanted) {
    if (slots.has(target.name) || target.use !== "serve") continue;
    const next = free.shift();
    if (next !== undefined) take(target, next);
  }
  return slots;
}

/** HAProxy truncates percents; an absolute weight says what is meant, and never 0 for a target that serves. */
export const weightFor = ({ configuredWeight }: ServerSeen, { use, percent }: Wanted): number =>
  use !== "serve" || percent === 0 ? 0 : Math.max(1, Math.min(256, Math.round((configuredWeight * percent) / 100)));

function serveCommands(path: string, slot: ServerSeen, target: Wanted): string[] {
  const commands: string[] = [];
  if (addressOf(slot) !== addressOf(target))
    commands.push(`set server ${path} addr ${target.host} port ${target.port}`);
  const weight = weightFor(slot, target);
  if (slot.weight !== weight) commands.push(`set server ${path} weight ${weight}`);
  if (slot.checkConfigured && !slot.checkEnabled) commands.push(`enable health ${path}`);
  if (slot.agentConfigured && !slot.agentEnabled) commands.push(`enable agent ${path}`);
  if (isMaint(slot) || isDrain(slot)) commands.push(`set server ${path} state ready`);
  return commands;
}

/** Compares what HAProxy has with what it should have. */
export function reconcile({ backend, seen, wanted, emptying, drainForMs, now }: ReconcileInput): Reconciled {
  const assigned = assignSlots(seen, wanted);
  const users = new Map([...assigned].map(([name, slot]) => [slot.name, name]));
  const byName = new Map(wanted.map((target) => [target.name, target]));
  const next = new Map<string, Ms>();
  const release: string[] = [];
  const take: string[] = [];
  const waiting: string[] = [];
  for (const slot of seen) {
    const path = `${backend}/${slot.name}`;
    const target = byName.get(users.get(slot.name) ?? "");
    if (target?.use === "serve") take.push(...serveCommands(path, slot, target));
    else if (isFree(slot)) continue;
    else if (target?.use === "off") release.push(`set server ${path} state maint`);
    else if (target?.use === "drain") {
      if (!isDrain(slot)) release.push(`set server ${path} state drain`);
    } else {
      // Nobody's: it finishes what it has, but not for ever.
      const since = emptying.get(slot.name) ?? now;
      const idle = isDrain(slot) && slot.sessions === 0;
      if (idle || now - since >= drainForMs) release.push(`set server ${path} state maint`);
      else {
        if (!isDrain(slot)) release.push(`set server ${path} state drain`);
        next.set(slot.name, since);
        waiting.push(slot.name);
      }
    }
  }
  const slots = new Map([...assigned].map(([name, slot]) => [name, slot.name]));
  const homeless = wanted.filter(({ name, use }) => use === "serve" && !slots.has(name)).map(({ name }) => name);
  return { commands: [...release, ...take], slots, homeless, emptying: next, waiting };
}

/** Names of slots from `web1..20`, or the list itself. */
export function slotNames(written: string | readonly string[]): readonly string[] {
  if (typeof written !== "string") return written;
  const [, prefix = "", from, to] = /^(.*?)(\d+)\.\.(\d+)$/.exec(written) ?? [];
  if (from === undefined) return [written];
  const count = Math.max(0, Number(to) - Number(from) + 1);
  return Array.from({ length: count }, (_, index) => `${prefix}${Number(from) + index}`);
}
