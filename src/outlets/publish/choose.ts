import type { PoolView, Row, Target } from "../../core/types.ts";

/** Targets that may take traffic by their verdict. */
export const serving = (view: PoolView): readonly Row[] =>
  [...view.rows.values()].filter(
    ({ verdict }) => verdict !== null && verdict.state === "up" && verdict.weight > 0 && verdict.order === null,
  );

/** Best first: weight, then name by code points, so that all who look choose alike. */
function better(a: Row, b: Row): number {
  const byWeight = (b.verdict?.weight ?? 0) - (a.verdict?.weight ?? 0);
  if (byWeight !== 0) return byWeight;
  return a.target.name < b.target.name ? -1 : 1;
}

/** What to do about the one published target: leave what is there, write another, or wait because nobody serves. */
export type Choice =
  | { readonly act: "keep"; readonly target: Target }
  | { readonly act: "write"; readonly target: Target }
  | { readonly act: "wait" };

/** The registry's value is the memory: a value that names a serving target stays, whoever wrote it. */
export function choose(view: PoolView, isPublished: (target: Target) => boolean): Choice {
  const candidates = serving(view);
  const kept = candidates.find(({ target }) => isPublished(target));
  if (kept !== undefined) return { act: "keep", target: kept.target };
  const [best] = [...candidates].sort(better);
  return best === undefined ? { act: "wait" } : { act: "write", target: best.target };
}
