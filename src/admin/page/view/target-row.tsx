import type { PoolSummary, TargetSummary } from "../../answers.ts";
import { Sparkline, Strip, WeightBar } from "./marks.tsx";
import { memo } from "./memo.ts";
import { CELL, ROW, ROW_HEADER } from "./table-roles.ts";
import { clockTime, dayTime, span, stateWord, targetPath, tone } from "./words.ts";

interface RowProps {
  readonly pool: PoolSummary;
  readonly target: TargetSummary;
  readonly now: string;
  /** Its number in the table, as not all rows may be there. */
  readonly row: number;
}

/** Why it is so; of an order also how long it still stands. */
function Why({ target, now }: Pick<RowProps, "target" | "now">) {
  const { order, reason } = target;
  if (order === null) return <>{reason}</>;
  const end = order.until === null ? "no end" : `until ${clockTime(order.until)} UTC, ${span(now, order.until)} to go`;
  return (
    <>
      {`${order.order} by ${order.owner}: ${order.reason}`} <small>{end}</small>
    </>
  );
}

function Row({ pool, target, now, row }: RowProps) {
  const { name, address, part, since, recent, trend } = target;
  return (
    <tr class={tone(target, pool)} aria-rowindex={row} {...ROW}>
      <th scope="row" {...ROW_HEADER}>
        <a href={targetPath(pool, name)}>{name}</a> <small>{part === "member" ? address : `${address} ${part}`}</small>
      </th>
      <td class="state" {...CELL}>
        <b>{stateWord(target, pool)}</b>
        {target.pending ? <small> confirming</small> : null}
        {target.stale ? <small> stale</small> : null}
      </td>
      <td class="share" {...CELL}>
        {part === "reference" ? null : <WeightBar weight={target.serves ? target.weight : 0} />}
      </td>
      <td class="why" {...CELL}>
        <Why target={target} now={now} />
      </td>
      <td class="since" {...CELL}>
        {since === null ? null : (
          <time dateTime={since} title={`since ${dayTime(since)} UTC`}>
            {span(since, now)}
          </time>
        )}
      </td>
      <td class="past" {...CELL}>
        <Strip recent={recent} />
      </td>
      <td class="trend" {...CELL}>
        {trend === null ? null : <Sparkline fact={trend.fact} values={trend.values} />}
      </td>
    </tr>
  );
}

const ages = ({ target: { since, order }, now }: RowProps): string =>
  `${span(since, now)} ${order?.until == null ? "" : span(now, order.until)}`;

const roleOf = ({ pool: { group, role, serving } }: RowProps): string => `${group} ${role} ${serving > 0}`;

/** A target in its pool; drawn again only when something of it would look different. */
export const TargetRow = memo(
  Row,
  (a, b) =>
    a.row === b.row &&
    ages(a) === ages(b) &&
    roleOf(a) === roleOf(b) &&
    (a.target === b.target || JSON.stringify(a.target) === JSON.stringify(b.target)),
);
