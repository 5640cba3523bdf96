import type { Memory, TargetMemory } from "./types.ts";

/** A pool that remembers nothing. */
export const emptyMemory: Memory = {
  writer: null,
  writerSince: null,
  lineage: [],
  served: null,
  handoverUntil: null,
  ousted: [],
  agreement: null,
  brakedSince: null,
  held: {},
  brakeSpent: false,
  kept: [],
  swap: null,
  weighed: [],
  targets: {},
};

/** What is remembered of a target, null for an unknown name. */
export function recall(targets: Memory["targets"], name: string): TargetMemory | null {
  return Object.hasOwn(targets, name) ? (targets[name] ?? null) : null;
}

/** The same memory with every time moved by `byMs`: from wall to steady time when it is loaded, back when it is stored. */
export function shiftMemory(memory: Memory, byMs: number): Memory {
  const moved = Object.entries(memory.targets).map(([name, target]) => [name, shiftTarget(target, byMs)] as const);
  return {
    ...memory,
    writerSince: shift(memory.writerSince, byMs),
    handoverUntil: shift(memory.handoverUntil, byMs),
    brakedSince: shift(memory.brakedSince, byMs),
    agreement: memory.agreement && { ...memory.agreement, at: memory.agreement.at + byMs },
    targets: Object.fromEntries(moved),
  };
}

function shiftTarget(target: TargetMemory, byMs: number): TargetMemory {
  return {
    ...target,
    since: target.since + byMs,
    flips: target.flips.map((at) => at + byMs),
    rampFrom: shift(target.rampFrom, byMs),
  };
}

function shift(at: number | null, byMs: number): number | null {
  return at === null ? null : at + byMs;
}

/** The memory for these checks: the state of each goes with its name; one that was not there before begins without. */
export function rearranged(memory: Memory, names: readonly string[] | undefined): Memory {
  const { checks: was, ...rest } = memory;
  if (names === undefined) return rest;
  if (was === undefined) return { ...rest, checks: names };
  const moved = Object.entries(memory.targets).map(([target, entry]) => {
    const states = names.map((name) => entry.states[was.indexOf(name)] ?? "unknown");
    return [target, { ...entry, states }] as const;
  });
  return { ...rest, checks: names, targets: Object.fromEntries(moved) };
}

/** A name that stands for another server now is not the agreed writer any more. */
export function forgetWriter(memory: Memory, name: string): Memory {
  const ousted = memory.ousted.filter((one) => one !== name);
  return memory.writer === name ? { ...memory, ousted, writer: null, lineage: [] } : { ...memory, ousted };
}
