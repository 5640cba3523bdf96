// How much a primary has executed, and whose history it continues: what two claimants are told apart by.
import type { Claim } from "../../../src/index.ts";
import type { Dialect } from "./dialect.ts";
import { isOn, type SqlRow, textOf } from "./status.ts";

/** What a server knows of its own past. */
export interface History {
  readonly readOnly: boolean;
  /** Transactions executed; null where none are counted (no GTID). */
  readonly transactions: number | null;
  /** Own id, then those whose transactions it holds, once it has written itself. */
  readonly lineage: readonly string[];
}

/** The statement for it. */
export const historyStatement = ({ family }: Dialect): string =>
  family === "mariadb"
    ? `SELECT @@global.read_only AS read_only, @@server_id AS id, @@global.gtid_current_pos AS position,
       @@global.gtid_binlog_state AS state, @@global.gtid_slave_pos AS applied`
    : "SELECT @@global.read_only AS read_only, @@server_uuid AS id, @@global.gtid_executed AS executed";

/** Reads its answer. */
export function readHistory(row: SqlRow | undefined): History {
  const id = textOf(row?.id) ?? "";
  const executed = textOf(row?.executed);
  const [transactions, writers] =
    executed === null
      ? mariadbHistory(textOf(row?.position), [textOf(row?.state), textOf(row?.applied)])
      : [countExecuted(executed), [...executed.matchAll(UUID)].map(([uuid]) => uuid.toLowerCase())];
  return { readOnly: isOn(row?.read_only), transactions, lineage: lineageOf(id.toLowerCase(), writers) };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** A server that holds others' transactions and none of its own has continued nothing yet. */
function lineageOf(id: string, writers: readonly string[]): readonly string[] {
  if (id === "") return [];
  return writers.includes(id) ? [id, ...new Set(writers.filter((writer) => writer !== id))] : [id];
}

/** `uuid:1-5:7,uuid:tag:1-3` -> 9. */
function countExecuted(set: string): number {
  const intervals = set.replace(UUID, "").matchAll(/(?<=:)(\d+)(?:-(\d+))?(?=[:,\s]|$)/g);
  return [...intervals].reduce((sum, [, from, to]) => sum + Number(to ?? from) - Number(from) + 1, 0);
}

/** `domain-server-number` lists. What was applied is in the state only where the replica logs it itself. */
function mariadbHistory(position: string | null, others: readonly (string | null)[]): [number | null, string[]] {
  if (position === null) return [null, []];
  const parts = (list: string): string[][] => list.split(",").map((entry) => entry.trim().split("-"));
  const transactions = parts(position).reduce((sum, [, , number]) => sum + Number(number ?? 0), 0);
  const writers = [position, ...others].flatMap((list) => parts(list ?? "").flatMap(([, server]) => server ?? []));
  return [transactions, [...new Set(writers)]];
}

/** The claim of a server that leads. */
export const writerClaim = (history: History): Claim => ({
  role: "writer",
  follows: null,
  term: history.transactions,
  lineage: history.lineage,
  witness: null,
});

/** The claim of a server that follows, or leads nobody. */
export const readerClaim = (follows: string | null, history: History | null = null): Claim => ({
  role: "reader",
  follows,
  term: history?.transactions ?? null,
  lineage: history?.lineage ?? [],
  witness: null,
});
