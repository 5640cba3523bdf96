import type { Alarm, Member, Memory, Ms, PoolInput, Step, TargetMemory } from "../types.ts";

/** What the rules work on: the answer for one target so far. */
export interface Draft {
  readonly member: Member;
  readonly name: string;
  /** What is remembered of this very target; null: new, or the name stands for another address now. */
  readonly former: TargetMemory | null;
  readonly judged: "up" | "degraded" | "down" | "unknown";
  /** fit: up; soft: may be kept; hard: never kept; ordered: set aside. */
  readonly fit: "fit" | "soft" | "hard" | "unknown" | "ordered";
  /** False while nothing was seen since start: it counts as it did, but no verdict is told. */
  readonly told: boolean;
  readonly observedAt: Ms;
  /** Weight by curve and hysteresis. */
  readonly base: number;
  readonly rampFrom: Ms | null;
  readonly flips: readonly Ms[];
  readonly state: "up" | "down";
  readonly weight: number;
  readonly chain: readonly Step[];
}

/** One decision in the making; every rule turns one into the next. */
export interface Round {
  readonly input: PoolInput;
  /** Members and backups by name, so that their order in the input does not matter. */
  readonly drafts: readonly Draft[];
  readonly memory: Memory;
  readonly alarms: readonly Alarm[];
  /** When time alone changes the answer. */
  readonly wakes: readonly Ms[];
}

/** A rule of the pool. */
export type Rule = (round: Round) => Round;

/** The draft after a rule gave its answer. */
export function act(draft: Draft, rule: Step["rule"], state: Step["state"], weight: number, note: string): Draft {
  return { ...draft, state, weight, chain: [...draft.chain, { rule, state, weight, note }] };
}

/** Whether traffic goes there: up with a weight, and not set aside. */
export function serving(draft: Draft): boolean {
  return draft.state === "up" && draft.weight > 0 && draft.fit !== "ordered";
}

/** The drafts that are members, leaving backups aside. */
export function membersOf(round: Round): readonly Draft[] {
  return round.drafts.filter((draft) => draft.member.target.part === "member");
}

/** The round with one more alarm. */
export function alarmed(round: Round, code: string, text: string, target: string | null): Round {
  return { ...round, alarms: [...round.alarms, { code, text, target }] };
}

/** Names in byte order: what does not depend on the order of the input. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** host:port of a target, as it is remembered. */
export function addressOf(target: Member["target"]): string {
  return `${target.host}:${target.port}`;
}
