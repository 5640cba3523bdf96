import { formatDuration } from "../duration.ts";
import type { Memory } from "../types.ts";
import { claimantsOf, type Election, elect } from "./election.ts";
import { act, alarmed, type Draft, type Round, type Rule } from "./round.ts";
import { claimOf, evidenceEnds, newestAgreement } from "./witness.ts";

/** Rule 4, writer pools: at most one up, and a new one only when HAProxy has heard that the old one is down (or `handover` is over). */
export const writer: Rule = (round) => {
  if (round.input.policy.role !== "writer") return round;
  const claimants = claimantsOf(round);
  const election = elect(round, claimants);
  const memory = handedOver(round, agreed(round, election.elected), election.elected);
  const drafts = round.drafts.map((draft) => {
    if (draft.fit === "ordered") return draft;
    if (draft === election.elected) return chosen(draft, claimants, election, memory, round);
    return passedOver(draft, claimants, election, memory);
  });
  const wakes = [...evidenceEnds(round), ...(memory.handoverUntil === null ? [] : [memory.handoverUntil])];
  return warned({ ...round, drafts, memory, wakes: [...round.wakes, ...wakes] }, claimants, election);
};

function agreed(round: Round, elected: Draft | null): Memory {
  const { memory } = round;
  const agreement = newestAgreement(round);
  const replaced = elected !== null && memory.writer !== null && memory.writer !== elected.name ? [memory.writer] : [];
  // One that was seen as a reader since, or has left, may lead again.
  const still = round.drafts.filter((draft) => draft !== elected && claimOf(draft)?.claim.role === "writer");
  const names = new Set([...memory.ousted, ...replaced]);
  const ousted = still.map((draft) => draft.name).filter((name) => names.has(name));
  if (elected === null) return { ...memory, agreement, ousted };
  const lineage = claimOf(elected)?.claim.lineage ?? [];
  const known = lineage.length > 0 || elected.name !== memory.writer ? lineage : memory.lineage;
  const since = elected.name === memory.writer ? memory.writerSince : round.input.now;
  return { ...memory, agreement, ousted, writer: elected.name, writerSince: since, lineage: known };
}

function handedOver(round: Round, memory: Memory, elected: Draft | null): Memory {
  const { now, policy } = round.input;
  if (elected !== null && (memory.served === null || memory.served === elected.name)) {
    return { ...memory, served: elected.name, handoverUntil: null };
  }
  if (memory.served === null) return memory;
  const until = memory.handoverUntil ?? now + policy.handoverMs;
  if (elected !== null && until <= now) return { ...memory, served: elected.name, handoverUntil: null };
  return { ...memory, handoverUntil: until };
}

function chosen(draft: Draft, claimants: readonly Draft[], election: Election, memory: Memory, round: Round): Draft {
  if (memory.served !== draft.name) {
    // The whole time, not what is left of it: the words stay as they are until the pool decides again.
    const most = formatDuration(round.input.policy.handoverMs);
    const note = `is to lead, waits until HAProxy has heard that ${memory.served} is down, ${most} at most`;
    return act(draft, "writer", "down", 0, note);
  }
  const weight = draft.fit === "fit" ? draft.weight : Math.max(1, draft.base);
  if (draft.fit !== "fit") return act(draft, "writer", "up", weight, "kept as the only writer there is");
  return claimants.length === 1 ? draft : act(draft, "writer", "up", weight, `leads: ${election.why}`);
}

function passedOver(draft: Draft, claimants: readonly Draft[], election: Election, memory: Memory): Draft {
  const { elected, why } = election;
  const note = elected === null ? `no writer: ${why}` : `${elected.name} leads: ${why}`;
  if (draft.member.target.part === "backup") return act(draft, "writer", "down", 0, "a writer pool has no fallback");
  // HAProxy may still have the old one up: it must be told, even if nothing was seen of it since start.
  if (draft.name === memory.served && elected !== null && !draft.told) {
    return { ...act(draft, "writer", "down", 0, note), told: true };
  }
  if (claimants.includes(draft)) return act(draft, "writer", "down", 0, note);
  return draft.state === "up" ? act(draft, "writer", "down", 0, "says that it is a reader") : draft;
}

function warned(round: Round, claimants: readonly Draft[], election: Election): Round {
  const names = claimants.map((draft) => draft.name).join(", ");
  const leads = election.elected === null ? "" : `, ${election.elected.name} leads`;
  const text = `${names} claim to be the writer${leads}: ${election.why}`;
  const two = claimants.length > 1 ? alarmed(round, "two-writers", text, null) : round;
  return election.elected === null ? alarmed(two, "no-writer", election.why, null) : two;
}
