import type { Facts, Observation } from "../../../src/index.ts";
import { oneLine } from "../reason.ts";
import { askGalera, judgeGalera, type Standing } from "./galera.ts";
import { askGroup, judgeGroup } from "./group.ts";
import { readerClaim } from "./history.ts";
import type { Question } from "./kept.ts";
import type { Known } from "./known.ts";
import type { GaleraOptions } from "./options.ts";

/** The cluster that a server is to be a member of; `role` null: either will do. */
export type ClusterRules =
  | { readonly kind: "galera"; readonly options: GaleraOptions }
  | { readonly kind: "group"; readonly role: "PRIMARY" | "SECONDARY" | null };

/** What facts a member has besides the common ones. */
export const clusterFacts = {
  memberState: "Galera: wsrep_local_state_comment; group replication: MEMBER_STATE",
  memberRole: "group replication: MEMBER_ROLE",
  clusterStatus: "Galera: wsrep_cluster_status",
  members: "servers in the cluster, as this one sees it",
};

/** How a server stands in its cluster. */
export async function askCluster(known: Known, rules: ClusterRules): Promise<Standing & { readonly facts: Facts }> {
  switch (rules.kind) {
    case "galera": {
      const { options } = rules;
      const state = await askGalera(known.session, options);
      const { localStateName: memberState, clusterStatus, clusterSize: members } = state;
      return { ...judgeGalera(state, options), facts: { memberState, clusterStatus, members } };
    }
    case "group": {
      const group = await askGroup(known.ask, known.session.user);
      const { state: memberState, role: memberRole, members } = group;
      return { ...judgeGroup(group, rules.role), facts: { memberState, memberRole, members } };
    }
  }
}

/** Asks a member of a cluster whether it may serve reads. */
export function memberQuestion(rules: ClusterRules): Question {
  return async (known): Promise<Observation> => {
    const { outcome, reason, facts } = await askCluster(known, rules);
    return {
      outcome,
      reason: oneLine(reason),
      facts: {
        role: "member",
        readOnly: known.readOnly,
        version: known.dialect.text,
        badness: outcome === "warn" ? 1 : 0,
        ...facts,
      },
      weight: null,
      claim: readerClaim(null),
    };
  };
}
