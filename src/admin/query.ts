// The query interface of old: groups, their pools, and the instances that may take traffic.
import { z } from "zod";
import type { Board } from "../contract.ts";
import { addressOf, byName } from "../core/decide/round.ts";
import type { PoolView, Row } from "../core/types.ts";
import { serves } from "./standing.ts";

/** One instance with its state, for `?all=1`. */
const instance = z
  .strictObject({
    name: z.string(),
    address: z.string(),
    state: z.enum(["up", "down"]).nullable(),
    weight: z.number().int(),
    serves: z.boolean(),
    order: z.enum(["drain", "maint"]).nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: "Instance" });

/** GET /, /GROUP and /GROUP/POOL. */
export const queryAnswer = z
  .record(
    z.string(),
    z.record(z.string(), z.strictObject({ instances: z.union([z.array(z.string()), z.array(instance)]) })),
  )
  .meta({ id: "Groups" });

/** Query of these. */
export const queryQuery = z.strictObject({ all: z.enum(["0", "1"]).optional().describe("1: all with their state") });

export type QueryAnswer = z.infer<typeof queryAnswer>;

/** A pool without a group stands in one of its own name. */
export const groupOf = ({ group, pool }: Pick<PoolView, "group" | "pool">): string => group ?? pool;

/** Two groups may have a pool of one name: `GROUP.NAME` is shown as NAME there. */
function shownName(view: PoolView): string {
  const prefix = `${view.group}.`;
  return view.group !== null && view.pool.startsWith(prefix) ? view.pool.slice(prefix.length) : view.pool;
}

/** The whole name where the short one is another pool's. */
function nameAmong(views: readonly PoolView[], view: PoolView): string {
  const short = shownName(view);
  return views.some((each) => each !== view && each.group === view.group && each.pool === short) ? view.pool : short;
}

/** The groups that are asked for; null: there is none of that name. */
export function queryOf(board: Board, group: string | null, pool: string | null, all: boolean): QueryAnswer | null {
  const views = [...board.pools()]
    .filter(
      (view) =>
        (group === null || groupOf(view) === group) && (pool === null || [view.pool, shownName(view)].includes(pool)),
    )
    .sort((a, b) => byName(groupOf(a), groupOf(b)) || byName(a.pool, b.pool));
  if (views.length === 0 && group !== null) return null;
  const answer: Record<string, QueryAnswer[string]> = {};
  for (const view of views) {
    const pools = answer[groupOf(view)] ?? {};
    pools[nameAmong(views, view)] = {
      instances: all ? rowsOf(view).map(instanceOf) : rowsOf(view).filter(serves).map(address),
    };
    answer[groupOf(view)] = pools;
  }
  return answer;
}

const rowsOf = (view: PoolView): readonly Row[] =>
  [...view.rows.values()].filter(({ target }) => target.part !== "reference");

const address = ({ target }: Row): string => addressOf(target);

const instanceOf = (row: Row): z.infer<typeof instance> => ({
  name: row.target.name,
  address: addressOf(row.target),
  state: row.verdict?.state ?? null,
  weight: row.verdict?.weight ?? 0,
  serves: serves(row),
  order: row.verdict?.order ?? null,
  reason: row.verdict?.reason ?? null,
});
