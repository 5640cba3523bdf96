import type { PoolSummary, TargetSummary } from "../answers.ts";
import { Sparkline, Strip, WeightBar } from "./marks.tsx";
import { memo } from "./memo.ts";
import { inOrder, needsEyes, poolPath, span, stateWord, targetPath, tone } from "./words.ts";

/** More healthy targets than this are folded away: a pool of a thousand is read by its sick ones. */
const SHOWN_GOOD = 12;

interface RowProps {
  readonly pool: PoolSummary;
  readonly target: TargetSummary;
  readonly now: string;
}

function Row({ pool, target, now }: RowProps) {
  const { order } = target;
  return (
    <tr class={tone(target)}>
      <th scope="row">
        <a href={targetPath(pool, target.name)}>{target.name}</a>
        <small>
          {target.address}
          {target.part === "member" ? "" : ` (${target.part})`}
        </small>
      </th>
      <td class="state">
        <b>{stateWord(target)}</b>
        {target.pending ? <small>confirming</small> : null}
        {target.stale ? <small>stale</small> : null}
      </td>
      <td class="share">
        <WeightBar weight={target.serves ? target.weight : 0} />
      </td>
      <td class="why">
        {target.reason}
        {order === null ? null : (
          <small>
            {`${order.order} by ${order.owner}: ${order.reason}`}
            {order.until === null ? ", no end" : `, ${span(now, order.until)} to go`}
          </small>
        )}
      </td>
      <td class="since">{span(target.since, now)}</td>
      <td class="past">
        <Strip recent={target.recent} />
      </td>
      <td class="trend">
        {target.trend === null ? null : <Sparkline fact={target.trend.fact} values={target.trend.values} />}
      </td>
    </tr>
  );
}

const TargetRow = memo(
  Row,
  (a, b) =>
    JSON.stringify(a.target) === JSON.stringify(b.target) &&
    span(a.target.since, a.now) === span(b.target.since, b.now),
);

function Table({
  pool,
  targets,
  now,
}: {
  readonly pool: PoolSummary;
  readonly targets: readonly TargetSummary[];
  readonly now: string;
}) {
  return (
    <table>
      <thead>
        <tr>
          {["target", "state", "weight", "why", "since", "last 50", "trend"].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {targets.map((target) => (
          <TargetRow key={target.name} pool={pool} target={target} now={now} />
        ))}
      </tbody>
    </table>
  );
}

/** `2 of 3 serve`, and what is wrong with that. */
function headline({ serving, members, needed, settled, backups }: PoolSummary): string {
  const backup = backups.length === 0 ? "" : `, ${backups.join(", ")} serves as fallback`;
  const few = settled && serving < needed ? `, ${needed} wanted` : "";
  return `${serving} of ${members} serve${few}${backup}${settled ? "" : ", still looking"}`;
}

/** One pool: its headline, its alarms, its sick targets, and the healthy ones. */
export function PoolBand({
  pool,
  targets,
  now,
}: {
  readonly pool: PoolSummary;
  readonly targets: readonly TargetSummary[];
  readonly now: string;
}) {
  const ordered = inOrder(targets);
  const sick = ordered.filter(needsEyes);
  const good = ordered.filter((target) => !needsEyes(target));
  const open = [...sick, ...good.slice(0, SHOWN_GOOD)];
  const folded = good.slice(SHOWN_GOOD);
  const id = `pool-${pool.name}`;
  return (
    <section class={`pool ${pool.state}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>
          <a href={poolPath(pool)}>{pool.name}</a>
          {pool.role === "writer" ? <small>writer</small> : null}
        </h2>
        <p>{headline(pool)}</p>
      </header>
      {pool.alarms.length === 0 ? null : (
        <ul class="alarms">
          {pool.alarms.map((alarm) => (
            <li key={`${alarm.code} ${alarm.target}`}>{alarm.text}</li>
          ))}
        </ul>
      )}
      {open.length === 0 ? <p class="empty">no targets</p> : <Table pool={pool} targets={open} now={now} />}
      {folded.length === 0 ? null : (
        <details>
          <summary>{`${folded.length} more, all up`}</summary>
          <Table pool={pool} targets={folded} now={now} />
        </details>
      )}
    </section>
  );
}
