import type { Claim } from "../../../src/index.ts";
import type { ServerState } from "./state.ts";
import type { Agreement } from "./votes.ts";

/**
 * Who leads, in words all databases share. The term is the Sentinels' config epoch for the server they name, or the
 * node's own epoch in a cluster; offsets are none, as those of two histories cannot be compared.
 */
export function claimOf(state: ServerState, self: string, agreed: Agreement | null): Claim {
  const named = agreed?.trusted && agreed.says === self ? agreed.epoch : null;
  return {
    role: state.role === "master" ? "writer" : "reader",
    follows: state.follows,
    term: state.cluster?.epoch ?? named,
    lineage: [state.replid, state.replid2].filter((id) => id !== null),
    witness: witnessOf(agreed),
  };
}

/** What the Sentinels say, as a claim tells it; null where there are none, or where they do not talk to us. */
export function witnessOf(agreed: Agreement | null): Claim["witness"] {
  if (agreed === null || (agreed.denied && !agreed.trusted)) return null;
  return { says: agreed.says, votes: agreed.votes, of: agreed.of };
}
