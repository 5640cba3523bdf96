// What a path shows, read from the daemon in small pieces: while a page is made, agents must be answered.
import { setImmediate as breath } from "node:timers/promises";
import type { PoolSummary, TargetSummary } from "../answers.ts";
import type { PageRequest } from "../page-door.ts";
import type { Reader } from "../reader.ts";
import { bandOf, hasRows, isFound, momentsOf, newest, poolsInOrder } from "./view/selection.ts";
import type { Band, Moment, Scope, Shown } from "./view/shown.ts";

/** What is read at once: some milliseconds. */
const PIECE = 50;
/** Many who look at the same within this time are shown the same. Shorter than a page waits after an event: it must see it. */
const FRESH_MS = 100;
const MOST_KEPT = 20;

/** All that the page reads from. */
export type PageReader = Pick<Reader, "summaries" | "pool" | "target">;

/** Reads what a path shows; for all who ask at the same time once. */
export function createReading(reader: PageReader): (request: PageRequest) => Promise<Shown> {
  const kept = new Map<string, { readonly until: number; readonly shown: Promise<Shown> }>();
  return async ({ path, query, mayRead }) => {
    if (!mayRead) return { kind: "locked" };
    const key = JSON.stringify([path, query.find ?? ""]);
    const now = performance.now();
    const known = kept.get(key);
    if (known !== undefined && known.until > now) return known.shown;
    const shown = read(reader, path, (query.find ?? "").trim().slice(0, 100));
    kept.delete(key);
    kept.set(key, { until: now + FRESH_MS, shown });
    for (const [oldest, { until }] of kept) if (kept.size > MOST_KEPT || until < now) kept.delete(oldest);
    return shown;
  };
}

async function read(reader: PageReader, path: string, find: string): Promise<Shown> {
  const [group = null, pool = null, target = null] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  if (pool !== null && target !== null) {
    const answer = reader.target(pool, target);
    return answer === null ? { kind: "missing" } : { kind: "target", target: answer };
  }
  const isWanted = (one: PoolSummary): boolean =>
    pool === null ? group === null || (one.group ?? one.name) === group : one.name === pool;
  const wanted = poolsInOrder(reader.summaries().filter(isWanted));
  if (wanted.length === 0 && group !== null) return { kind: "missing" };
  return { kind: "pools", ...(await readBands(reader, wanted, { group, pool, find })) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Bands = Omit<Extract<Shown, { readonly kind: "pools" }>, "kind">;

async function readBands(reader: PageReader, wanted: readonly PoolSummary[], scope: Scope): Promise<Bands> {
  const alone = scope.pool !== null;
  const bands: Band[] = [];
  let lately: readonly Moment[] = [];
  let now = new Date().toISOString();
  for (const summary of wanted) {
    if (!hasRows(summary, wanted, scope)) {
      bands.push({ pool: summary, targets: null, more: summary.members });
      continue;
    }
    const whole = await readPool(reader, summary.name);
    if (whole === null) continue;
    now = whole.now;
    const targets = scope.find === "" ? whole.targets : whole.targets.filter((target) => isFound(target, scope.find));
    lately = newest([...lately, ...momentsOf(whole.pool, targets)]);
    bands.push(bandOf(whole.pool, targets, whole.targets.length - targets.length, alone));
  }
  const found = scope.find === "" ? bands : bands.filter(({ targets }) => targets !== null && targets.length > 0);
  return { now, scope, bands: found, lately };
}

interface WholePool {
  readonly now: string;
  readonly pool: PoolSummary;
  readonly targets: readonly TargetSummary[];
}

/** All targets of a pool; null when it is gone. */
async function readPool(reader: PageReader, name: string): Promise<WholePool | null> {
  const targets: TargetSummary[] = [];
  for (let after: string | null = null; ; ) {
    const piece = reader.pool(name, { after, limit: PIECE });
    if (piece === null) return null;
    targets.push(...piece.targets);
    after = piece.next;
    if (after === null) return { now: piece.now, pool: piece.pool, targets };
    await breath();
  }
}
