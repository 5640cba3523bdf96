import { formatDuration } from "../duration.ts";
import type { Draft, Round } from "./round.ts";
import { claimOf, majority, newer, replicas, sentinels, succeeds, type Testimony } from "./witness.ts";

/** Who is the writer, and why; null: nobody may be. */
export interface Election {
  readonly elected: Draft | null;
  readonly why: string;
}

/** The targets that say they lead. A writer that serves but is not fit goes on leading while nobody better claims it. */
export function claimantsOf(round: Round): readonly Draft[] {
  const { policy } = round.input;
  return round.drafts.filter((draft) => {
    if (draft.member.target.part !== "member" || claimOf(draft)?.claim.role === "reader") return false;
    if (draft.name !== round.memory.writer) return draft.fit === "fit" && draft.told;
    return draft.fit === "fit" || (draft.fit === "soft" && policy.whenNoneFit !== "none");
  });
}

/** Decides among the claimants: a witness if there is one, else the last agreed one while it still claims, else nobody. */
export function elect(round: Round, claimants: readonly Draft[]): Election {
  const { policy } = round.input;
  if (claimants.length === 0) return nobody("no target claims to be the writer");
  if (policy.witness === "none") return held(round, claimants);
  const outside = sentinels(round, claimants) ?? (outvoted(round, claimants) ? null : replicas(round, claimants));
  if (outside !== null) return { elected: outside.names, why: outside.why };
  if (policy.witness === "require")
    return nobody(`no witness has agreed within ${formatDuration(policy.witnessAgeMs)}${turnout(claimants)}`);
  return alone(round, claimants) ?? among(newer(claimants, round.memory.ousted)) ?? held(round, claimants);
}

/** How many of the Sentinels have a vote: too few, or none as in a minority or under another name of the group. */
function turnout(claimants: readonly Draft[]): string {
  const [witness] = claimants.flatMap((draft) => claimOf(draft)?.claim.witness ?? []);
  return witness === undefined ? "" : `: ${witness.votes} of ${witness.of} sentinels have a vote`;
}

/** Where Sentinels are required but most of them are out of reach, replicas do not speak for them: the others may have moved on where we cannot see. */
function outvoted(round: Round, claimants: readonly Draft[]): boolean {
  if (round.input.policy.witness !== "require") return false;
  return claimants.some((draft) => {
    const last = claimOf(draft);
    return last !== null && last.claim.witness !== null && majority(last.claim, last.at) === null;
  });
}

function alone(round: Round, claimants: readonly Draft[]): Election | null {
  const [only, ...others] = claimants;
  if (only === undefined || others.length > 0 || only.name === round.memory.writer) return null;
  if (!round.drafts.some((draft) => draft.name === round.memory.writer)) return null;
  const lineage = claimOf(only)?.claim.lineage ?? [];
  if (succeeds(round.memory.lineage, lineage))
    return nobody(`${round.memory.writer} has gone on from its history since`);
  if (!round.memory.ousted.includes(only.name)) return null;
  return nobody(`it led before ${round.memory.writer} took over, and no witness speaks for it`);
}

function among(testimony: Testimony | null): Election | null {
  return testimony && { elected: testimony.names, why: testimony.why };
}

function held(round: Round, claimants: readonly Draft[]): Election {
  const [only, ...others] = claimants;
  if (only !== undefined && others.length === 0) return { elected: only, why: "it alone claims to be" };
  const last = claimants.find((draft) => draft.name === round.memory.writer);
  const names = claimants.map((draft) => draft.name).join(", ");
  if (last === undefined) return nobody(`${names} claim to be the writer and no witness decides`);
  return { elected: last, why: `the last agreed, while ${names} claim to be and no witness decides` };
}

function nobody(why: string): Election {
  return { elected: null, why };
}
