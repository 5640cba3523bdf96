// Slots of a backend that checkd owns: what HAProxy has against what it should have, as commands. Pure.
import type { Ms } from "../core/types.ts";
import { addressOf, assignSlots, type Wanted } from "./assign.ts";
import { isDrain, isMaint, type ServerSeen } from "./server.ts";

/** What is remembered between two looks: since when a slot is being emptied. */
export type Emptying = ReadonlyMap<string, Ms>;

/** The commands that bring HAProxy closer, and what remains. */
export interface Reconciled {
  readonly commands: readonly string[];
  /** Target -> slot. */
  readonly slots: ReadonlyMap<string, string>;
  /** Targets that should serve and have no slot. */
  readonly homeless: readonly string[];
  /** Slots that finish their sessions: look again. */
  readonly emptying: Emptying;
}

/** All that decides. `seen` holds the owned slots only, in the order of their names. */
export interface ReconcileInput {
  readonly backend: string;
  readonly seen: readonly ServerSeen[];
  readonly wanted: readonly Wanted[];
  /** The address of some target is not known yet: a slot that seems to be nobody's may be its. */
  readonly incomplete: boolean;
  readonly emptying: Emptying;
  readonly drainForMs: Ms;
  readonly now: Ms;
}

const HEAVIEST = 256;

/** HAProxy truncates percents; an absolute weight says what is meant, and never 0 for a target that serves. */
export function weightFor({ configuredWeight }: ServerSeen, { use, percent, fullWeight }: Wanted): number {
  if (use !== "serve" || percent === 0) return 0;
  return Math.max(1, Math.min(HEAVIEST, Math.round(((fullWeight ?? configuredWeight) * percent) / 100)));
}

function serveCommands(path: string, slot: ServerSeen, target: Wanted): string[] {
  const commands: string[] = [];
  if (addressOf(slot) !== addressOf(target))
    commands.push(`set server ${path} addr ${target.host} port ${target.port}`);
  const weight = weightFor(slot, target);
  if (slot.weight !== weight) commands.push(`set server ${path} weight ${weight}`);
  if (slot.checkConfigured && !slot.checkEnabled) commands.push(`enable health ${path}`);
  if (slot.agentConfigured && !slot.agentEnabled) commands.push(`enable agent ${path}`);
  if (!isMaint(slot) && !isDrain(slot)) return commands;
  commands.push(`set server ${path} state ready`);
  // Out of maintenance a server starts healthy, out of drain it is as its last check left it; ours is the newer word.
  const stopped = isDrain(slot) && slot.operational === 0;
  if (stopped && slot.checkConfigured) commands.push(`set server ${path} health up`);
  if (stopped && slot.agentConfigured) commands.push(`set server ${path} agent up`);
  return commands;
}

/** Compares what HAProxy has with what it should have. */
export function reconcile(input: ReconcileInput): Reconciled {
  const { backend, seen, wanted, emptying, incomplete } = input;
  const assigned = assignSlots(seen, wanted);
  const byName = new Map(wanted.map((target) => [target.name, target]));
  const users = new Map([...assigned].map(([name, slot]) => [slot.name, byName.get(name)]));
  const next = new Map<string, Ms>();
  const leave: string[] = [];
  const enter: string[] = [];
  for (const slot of seen) {
    const path = `${backend}/${slot.name}`;
    const target = users.get(slot.name);
    if (target?.use === "serve") enter.push(...serveCommands(path, slot, target));
    else if (isMaint(slot) || target?.use === "hold") continue;
    else if (target === undefined && !incomplete) leave.push(...emptyOne(path, slot, emptying, input, next));
    else if (target?.use === "off") leave.push(`set server ${path} state maint`);
    else if (target?.use === "drain" && !isDrain(slot)) leave.push(`set server ${path} state drain`);
  }
  const slots = new Map([...assigned].map(([name, slot]) => [name, slot.name]));
  const homeless = wanted.filter(({ name, use }) => use === "serve" && !slots.has(name)).map(({ name }) => name);
  return { commands: [...leave, ...enter], slots, homeless, emptying: next };
}

/** A slot that is nobody's finishes what it has, but not for ever. */
function emptyOne(
  path: string,
  slot: ServerSeen,
  emptying: Emptying,
  { now, drainForMs }: Pick<ReconcileInput, "now" | "drainForMs">,
  next: Map<string, Ms>,
): readonly string[] {
  const since = emptying.get(slot.name) ?? now;
  const idle = isDrain(slot) && slot.sessions === 0;
  if (idle || now - since >= drainForMs) return [`set server ${path} state maint`];
  next.set(slot.name, since);
  return isDrain(slot) ? [] : [`set server ${path} state drain`];
}

/** Names of slots from `web1..20`, or the list itself. */
export function slotNames(written: string | readonly string[]): readonly string[] {
  if (typeof written !== "string") return written;
  const [, prefix = "", from, to] = /^(.*?)(\d+)\.\.(\d+)$/.exec(written) ?? [];
  if (from === undefined) return [written];
  const count = Math.max(0, Number(to) - Number(from) + 1);
  return Array.from({ length: count }, (_, index) => `${prefix}${Number(from) + index}`);
}
