import { createContext, type VNode } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { PoolSummary, TargetSummary } from "../../answers.ts";
import { ROWS } from "./table-roles.ts";
import { TargetRow } from "./target-row.tsx";

/** Rows that are drawn, and left alone, together. */
export const CHUNK = 25;
/** So many rows are alive at once; the others when they come into sight. */
const FIRST_ALIVE = 2;

/** Rows as HTML by the name of their chunk: the server draws them a few at a time. */
export const Drawn = createContext<ReadonlyMap<string, string> | null>(null);

/** Cuts targets into what is drawn together. */
export const chunksOf = (targets: readonly TargetSummary[]): readonly (readonly TargetSummary[])[] =>
  Array.from({ length: Math.ceil(targets.length / CHUNK) }, (_, index) =>
    targets.slice(index * CHUNK, (index + 1) * CHUNK),
  );

/** The name of a chunk. */
export const chunkKey = (pool: string, list: string, index: number): string => JSON.stringify([pool, list, index]);

interface ChunkProps {
  readonly pool: PoolSummary;
  readonly targets: readonly TargetSummary[];
  readonly now: string;
}

/** The rows of a chunk. */
export function Rows({ pool, targets, now }: ChunkProps) {
  return (
    <>
      {targets.map((target) => (
        <TargetRow key={target.name} pool={pool} target={target} now={now} />
      ))}
    </>
  );
}

const NEAR_PX = 400;
/** What the server drew stays as it is: hydration does not look at this. */
const AS_DRAWN = { __html: "" };

/** Some rows: kept as they are while nobody sees them, so that a thousand targets cost no more than a screenful. */
export function Chunk({ name, first, ...props }: ChunkProps & { readonly name: string; readonly first: boolean }) {
  const drawn = useContext(Drawn)?.get(name);
  const body = useRef<HTMLTableSectionElement>(null);
  const [alive, setAlive] = useState(first);
  const [seen, setSeen] = useState(first);
  const rows = useRef<VNode | null>(null);
  useEffect(() => {
    if (body.current === null) return;
    const watch = new IntersectionObserver(
      (entries) => {
        const inSight = entries.at(-1)?.isIntersecting === true;
        setSeen(inSight);
        if (inSight) setAlive(true);
      },
      { rootMargin: `${NEAR_PX}px` },
    );
    watch.observe(body.current);
    return () => watch.disconnect();
  }, []);
  const many = props.targets.length === CHUNK ? "many" : "";
  if (drawn !== undefined) return <tbody class={many} {...ROWS} dangerouslySetInnerHTML={{ __html: drawn }} />;
  if (!alive) return <tbody ref={body} class={many} {...ROWS} dangerouslySetInnerHTML={AS_DRAWN} />;
  // The same node again is not compared again.
  if (seen || rows.current === null) rows.current = <Rows {...props} />;
  return (
    <tbody ref={body} class={many} {...ROWS}>
      {rows.current}
    </tbody>
  );
}

/** Whether a chunk is alive from the start. */
export const isFirst = (index: number): boolean => index < FIRST_ALIVE;
