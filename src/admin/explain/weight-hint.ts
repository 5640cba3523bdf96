import type { PoolPolicy, Row } from "../../core/types.ts";
import { curveWeight } from "../../core/weight.ts";
import { factsOf } from "../pool-answers.ts";

/** Which value of the fact gives the whole weight of a curve; null when it has it, or follows none. */
export function weightHint({ weight }: PoolPolicy, row: Row): string | null {
  if (weight === null || row.verdict === null || row.verdict.weight >= 100) return null;
  const best = Math.max(...weight.curve.map(([, percent]) => percent));
  if (row.verdict.weight >= best) return null;
  const values = weight.curve.filter(([, percent]) => percent === best).map(([value]) => value);
  const at = Math.max(...values);
  const now = factsOf(row)[weight.by];
  const known = typeof now === "number" ? `, it is ${now}` : ", which is not known now";
  const grows = curveWeight(weight.curve, at + 1) < best ? "at most" : "at least";
  return `weight ${best}% needs ${weight.by} ${grows} ${grows === "at most" ? at : Math.min(...values)}${known}`;
}
