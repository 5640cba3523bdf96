import type { AlarmAnswer, PoolSummary, TargetSummary } from "../../answers.ts";
import { Chunk, chunkKey, chunksOf } from "./rows.tsx";
import { needsEyes, SHOWN_GOOD } from "./selection.ts";
import type { Band } from "./shown.ts";
import { COLUMN_HEADER, ROW, ROWS, TABLE } from "./table-roles.ts";
import { count, factName, poolPath, poolTone } from "./words.ts";

interface TableProps {
  readonly pool: PoolSummary;
  readonly targets: readonly TargetSummary[];
  readonly now: string;
  /** Which of the pool's lists this is. */
  readonly list: "open" | "folded";
}

function Table({ pool, targets, now, list }: TableProps) {
  const trend = targets.find(({ trend }) => trend !== null)?.trend?.fact;
  const columns = [
    "target",
    "state",
    "weight",
    "why",
    "since",
    "last 50",
    trend === undefined ? "trend" : factName(trend),
  ];
  return (
    <table
      {...TABLE}
      aria-rowcount={targets.length + 1}
      aria-label={`targets of ${pool.name}${list === "open" ? "" : ", all well"}`}
    >
      <thead {...ROWS}>
        <tr aria-rowindex={1} {...ROW}>
          {columns.map((name) => (
            <th key={name} scope="col" {...COLUMN_HEADER}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      {chunksOf(targets).map((piece, index) => {
        const name = chunkKey(pool.name, list, index);
        return <Chunk key={name} name={name} index={index} pool={pool} targets={piece} now={now} />;
      })}
    </table>
  );
}

/** `2 of 3 serve`, and what is wrong with that. */
export function standing({ serving, members, needed, ordered, settled, backups }: PoolSummary): string {
  const said = [`${serving} of ${members} serve`];
  if (settled && serving < needed) said.push(`at least ${needed} wanted`);
  if (backups.length > 0) said.push(`${backups.join(", ")} ${backups.length === 1 ? "serves" : "serve"} as fallback`);
  if (ordered > 0) said.push(`${ordered} under order`);
  if (!settled) said.push("still looking");
  return said.join(", ");
}

function Alarms({ alarms }: { readonly alarms: readonly AlarmAnswer[] }) {
  const texts = [...new Set(alarms.map(({ text }) => text))];
  if (texts.length === 0) return null;
  return (
    <ul class="alarms">
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

/** How targets are cut into those that are open to see and those that are folded away; the same everywhere. */
export function foldOf({ pool, targets }: Band): {
  readonly open: readonly TargetSummary[];
  readonly folded: readonly TargetSummary[];
} {
  const all = targets ?? [];
  const firstGood = all.findIndex((target) => !needsEyes(target, pool) && target.order === null);
  const end = firstGood < 0 ? all.length : firstGood + SHOWN_GOOD;
  return { open: all.slice(0, end), folded: all.slice(end) };
}

function Targets({ band, now }: { readonly band: Band; readonly now: string }) {
  const { pool, more } = band;
  const { open, folded } = foldOf(band);
  return (
    <>
      {open.length === 0 ? <p class="empty">no targets</p> : null}
      {open.length === 0 ? null : <Table pool={pool} targets={open} now={now} list="open" />}
      {folded.length === 0 ? null : (
        <details>
          <summary>{`${count(folded.length, "target")} more, all well`}</summary>
          <Table pool={pool} targets={folded} now={now} list="folded" />
        </details>
      )}
      {more === 0 ? null : (
        <p class="more">
          <a href={poolPath(pool)}>{`${count(more, "target")} more in ${pool.name}`}</a>
        </p>
      )}
    </>
  );
}

/** One pool: how it stands, its alarms, its sick targets, and the healthy ones. */
export function PoolBand({ band, now }: { readonly band: Band; readonly now: string }) {
  const { pool, targets } = band;
  const id = `pool-${pool.name}`;
  return (
    <section class={`pool ${poolTone(pool)}${targets === null ? " line" : ""}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>
          <a href={poolPath(pool)}>{pool.name}</a>
        </h2>
        <b class="state">{pool.state}</b>
        <p>
          {standing(pool)}
          {pool.role === "writer" ? <small> one writer</small> : null}
          {pool.group === null ? null : <small>{` group ${pool.group}`}</small>}
        </p>
      </header>
      <Alarms alarms={pool.alarms} />
      {targets === null ? null : <Targets band={band} now={now} />}
    </section>
  );
}
