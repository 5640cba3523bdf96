import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { PoolSummary, TargetSummary } from "../../answers.ts";
import { ROWS } from "./table-roles.ts";
import { TargetRow } from "./target-row.tsx";

/** Rows that come and go together. */
const CHUNK = 25;

/** Rows as HTML by the name of their chunk: the server draws them a few at a time. */
export const Drawn = createContext<ReadonlyMap<string, string> | null>(null);

/** Whether there are so many rows that only those in sight are kept. */
export const Sparse = createContext(false);

/** Cuts targets into what comes and goes together. */
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
  /** Which chunk of its list this is. */
  readonly index: number;
}

/** Rows are counted from one, and the first is the head. */
const FIRST_ROW = 2;

/** The rows of a chunk. */
export function Rows({ pool, targets, now, index }: ChunkProps) {
  return (
    <>
      {targets.map((target, at) => (
        <TargetRow key={target.name} pool={pool} target={target} now={now} row={index * CHUNK + at + FIRST_ROW} />
      ))}
    </>
  );
}

const NEAR_PX = 800;
const ROW_REM = 1.9;
/** What the server drew stays as it is: hydration does not look at this. */
const AS_DRAWN = { __html: "" };

// Not content-visibility, which would do this by itself: Chromium leaves rows that move while it skips them without a
// place, and a row that is down must show.
function SparseRows(props: ChunkProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [shown, show] = useState<"as drawn" | "seen" | "away">("as drawn");
  const height = useRef(0);
  useEffect(() => {
    if (body.current === null) return;
    const watch = new IntersectionObserver(
      (entries) => {
        const inSight = entries.at(-1)?.isIntersecting === true;
        if (!inSight) height.current = entries.at(-1)?.boundingClientRect.height ?? 0;
        show(inSight ? "seen" : "away");
      },
      { rootMargin: `${NEAR_PX}px` },
    );
    watch.observe(body.current);
    return () => watch.disconnect();
  }, []);
  if (shown === "as drawn") return <tbody ref={body} {...ROWS} dangerouslySetInnerHTML={AS_DRAWN} />;
  const place = height.current > 0 ? `${height.current}px` : `${props.targets.length * ROW_REM}rem`;
  return (
    <tbody ref={body} {...ROWS} style={shown === "away" ? { height: place } : {}}>
      {shown === "seen" ? <Rows {...props} /> : null}
    </tbody>
  );
}

/** Some rows; of very many only those in sight are there, so that a thousand targets cost no more than a screenful. */
export function Chunk({ name, ...props }: ChunkProps & { readonly name: string }) {
  const drawn = useContext(Drawn)?.get(name);
  const sparse = useContext(Sparse);
  if (drawn !== undefined) return <tbody {...ROWS} dangerouslySetInnerHTML={{ __html: drawn }} />;
  if (sparse) return <SparseRows {...props} />;
  return (
    <tbody {...ROWS}>
      <Rows {...props} />
    </tbody>
  );
}
