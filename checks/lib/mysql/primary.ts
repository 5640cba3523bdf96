import type { Facts } from "../../../src/index.ts";
import { oneLine } from "../reason.ts";
import { askCluster, type ClusterRules } from "./cluster.ts";
import { type History, historyStatement, readerClaim, readHistory, writerClaim } from "./history.ts";
import type { Question } from "./kept.ts";
import { askChannels } from "./replica.ts";
import type { ChannelStatus } from "./status.ts";

/** What is wanted of a primary. */
export interface PrimaryRules {
  /** Whether it may replicate from elsewhere itself. */
  readonly replicating: "refuse" | "allow";
  readonly cluster: ClusterRules | null;
}

/** Asks one target whether it takes writes. */
export function primaryQuestion(rules: PrimaryRules): Question {
  return async (known) => {
    const [row] = await known.session.rows(historyStatement(known.dialect));
    const history = readHistory(row);
    const source = rules.replicating === "allow" ? null : replicating(await askChannels(known));
    const standing = rules.cluster === null ? null : await askCluster(known, rules.cluster);
    // A member that is behind its cluster would take writes on old data: it is not a primary.
    const behind = standing === null || standing.outcome === "pass" ? null : standing.reason;
    const against = objection(history, source) ?? behind;
    const facts: Facts = {
      role: source === null ? "primary" : "replica",
      readOnly: history.readOnly,
      transactions: history.transactions,
      primary: source?.primary ?? null,
      version: known.dialect.text,
      ...standing?.facts,
    };
    return {
      outcome: against === null ? "pass" : "fail",
      reason: oneLine(against ?? (standing === null ? "writable" : `writable, ${standing.reason}`)),
      facts,
      weight: null,
      claim: against === null ? writerClaim(history) : readerClaim(source?.primary ?? null, history),
    };
  };
}

/** A channel with both threads stopped is what a promotion leaves behind. */
const replicating = (channels: readonly ChannelStatus[]): ChannelStatus | null =>
  channels.find(({ io, sql }) => io !== "No" || sql !== "No") ?? null;

function objection({ readOnly }: History, source: ChannelStatus | null): string | null {
  if (source !== null) return `replicates from ${source.primary ?? "elsewhere"}, expected a primary`;
  return readOnly ? "read_only is on, expected a primary" : null;
}
