import type { Entered } from "../contract.ts";
import type { Input, PoolView } from "../core/types.ts";
import type { TargetSummary } from "./answers.ts";

type Observed = Extract<Input, { kind: "observed" }>;

const LETTERS = { pass: "p", warn: "w", fail: "f", unknown: "u" } as const;

/** The observations among entries of the journal, oldest first. */
export function observationsOf(entries: readonly Entered[]): readonly (readonly [number, Observed])[] {
  return entries.flatMap(({ id, what }) => ("kind" in what && what.kind === "observed" ? [[id, what] as const] : []));
}

/** The strip of last outcomes, and the curve of one fact beside it. */
export function recentOf(
  entries: readonly Entered[],
  policy: PoolView["policy"],
): Pick<TargetSummary, "recent" | "trend"> {
  const seen = observationsOf(entries).map(([, { seen }]) => seen);
  const recent = seen.map(({ outcome }) => LETTERS[outcome]).join("");
  const fact = policy.weight?.by ?? "lagSeconds";
  const values = seen.map(({ facts }) => numberOr(facts[fact]));
  return { recent, trend: values.some((value) => value !== null) ? { fact, values } : null };
}

const numberOr = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
