import type { Board, Clock, Log } from "../contract.ts";
import { formatReply } from "../core/reply.ts";
import type { Facts } from "../core/types.ts";

/** Notes what a dry run would have done, and says it all at the end. */
export interface DrySummary {
  /** The log, looked through for what would have been done. */
  readonly log: Log;
  /** Everything that would have changed, for people. */
  text(board: Board, clock: Clock): string;
}

const WOULD = "dry run: would ";
const MOST = 1000;
const MOST_VALUE = 120;

/** Makes a summary that listens to this log. */
export function createDrySummary(log: Log): DrySummary {
  const noted = new Map<string, number>();
  let more = 0;
  const note = (text: string, fields: Facts | undefined): void => {
    const value = typeof fields?.value === "string" ? `: ${fields.value.slice(0, MOST_VALUE)}` : "";
    const line = text.slice(WOULD.length) + value;
    // Who may write is settled among daemons; it is nothing that anybody reads.
    if (line.includes(" checkd/lock/")) return;
    if (noted.has(line) || noted.size < MOST) noted.set(line, (noted.get(line) ?? 0) + 1);
    else more += 1;
  };
  return {
    log(level, text, fields) {
      if (text.startsWith(WOULD)) note(text, fields);
      log(level, text, fields);
    },
    text(board, clock) {
      const changes = [...noted].map(([line, times]) => `  ${line}${times > 1 ? ` (${times} times)` : ""}`);
      if (more > 0) changes.push(`  and ${more} more`);
      return [
        changes.length === 0 ? "dry run: nothing would have been changed" : "dry run: checkd would",
        ...changes,
        "HAProxy would hear now:",
        ...linesOf(board, clock),
        "",
      ].join("\n");
    },
  };
}

/** The agent's line of every target. */
function linesOf(board: Board, clock: Clock): readonly string[] {
  const rows = [...board.pools()].flatMap((view) =>
    [...view.rows.values()]
      .filter(({ target }) => target.part !== "reference")
      .map((row) => {
        const { line } = formatReply(row, view.policy, clock.now());
        return [`${view.pool}/${row.target.name}`, line.trimEnd()] as const;
      }),
  );
  const width = Math.max(0, ...rows.map(([id]) => id.length));
  return rows.map(([id, line]) => `  ${id.padEnd(width)}  ${line}`);
}
