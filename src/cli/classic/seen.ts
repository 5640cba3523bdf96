// What is known of one tag, and what it comes to: the line of a round, the exit code of `--once`. Pure.
import type { Delivery } from "../../contract.ts";
import type { Observation, PoolView, Row } from "../../core/types.ts";
import type { Followed } from "../../registry/follow.ts";
import { EXIT } from "../exit.ts";
import { type Address, inWords, okLine } from "./lines.ts";

/** How the primary answered when it was last asked for its slaves; `none`: this program has no list to ask for. */
export type Listing =
  | { readonly state: "none" | "asking" | "answered" }
  | { readonly state: "failed"; readonly why: string };

/** What is known of one tag. */
export interface Seen {
  readonly tag: string;
  readonly key: string;
  readonly view: PoolView | null;
  readonly followed: Followed | null;
  /** What the publication last came to. */
  readonly delivery: Delivery | null;
  readonly listing: Listing;
}

/** The line of a round. fine: said each round, as the old tools did; wrong: said once while it lasts. */
export type Answer = { readonly kind: "fine" | "wrong"; readonly text: string };

const HOST = /^[\w.:%-]+$/;

/** The server that the key names; null: none, or the value makes no sense. */
export function publishedIn({ followed, key }: Seen): Address | null {
  const text = followed?.snapshot?.entries.get(key)?.value;
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("host" in value) || !("port" in value)) return null;
    const port = Number(value.port);
    const isPort = Number.isInteger(port) && port >= 1 && port <= 65_535;
    return isPort && typeof value.host === "string" && HOST.test(value.host) ? { host: value.host, port } : null;
  } catch {
    return null;
  }
}

/** Why Consul cannot be read now; null: it can. */
export function silence({ followed }: Seen): string | null {
  if (followed === null || followed.state === "current" || followed.state === "waiting") return null;
  return followed.error ?? "it has no leader";
}

/** Why Consul is no help now; null: it is. */
export function trouble(seen: Seen): string | null {
  const { delivery } = seen;
  return (
    silence(seen) ?? (delivery?.state === "failed" ? (delivery.error ?? "it does not take what is written") : null)
  );
}

const serves = ({ verdict }: Row): boolean => verdict?.state === "up" && verdict.weight > 0 && verdict.order === null;

const rowsOf = (view: PoolView | null): readonly Row[] => [...(view?.rows.values() ?? [])];

const rowAt = (view: PoolView, { host, port }: Address): Row | undefined =>
  rowsOf(view).find(({ target }) => target.host === host && target.port === port);

/** Whether no server of its own list is healthy, so that at most the primary serves. */
export const lacksMember = ({ view }: Seen): boolean =>
  view?.settled === true && !rowsOf(view).some((row) => row.target.part === "member" && serves(row));

/** Whether no server at all has answered: one that has tells facts, whatever is wrong with it. */
function allAway(view: PoolView): boolean {
  const seen = rowsOf(view).flatMap(({ health }) => health.map(({ last }) => last));
  return seen.length > 0 && seen.every((last) => last?.outcome === "fail" && !tellsFacts(last));
}

/** That its time was up is no fact of the server. */
const tellsFacts = ({ facts }: Observation): boolean => Object.keys(facts).some((name) => name !== "timedOut");

/** What a round comes to; null while that is being found out. */
export function answerOf(seen: Seen): Answer | null {
  const { tag, view, delivery } = seen;
  if (view === null || !view.settled || trouble(seen) !== null) return null;
  const published = publishedIn(seen);
  const row = published === null ? undefined : rowAt(view, published);
  const kept = published === null ? "nothing is written" : `${inWords(published)} stays`;
  if (!rowsOf(view).some(serves)) return { kind: "wrong", text: `there is no healthy server for ${tag}, ${kept}` };
  // A server whose last answer speaks against its verdict is about to be replaced, or to be forgiven.
  if (row === undefined || !serves(row) || delivery?.state !== "synced") return null;
  if (row.health.some(({ last }) => last?.outcome !== "pass")) return null;
  if (row.target.part !== "backup") return { kind: "fine", text: okLine(tag) };
  return { kind: "fine", text: `${tag} in consul is the primary ${inWords(row.target)}, there is no healthy slave` };
}

/** The exit code of `--once`; null while it is being found out. */
export function outcomeOf(seen: Seen): number | null {
  const { view, followed, delivery, listing } = seen;
  if (trouble(seen) !== null) return EXIT.unreachable;
  if (delivery?.state === "synced") return EXIT.ok;
  if (listing.state === "asking" || view === null || followed?.state !== "current") return null;
  const nobody = listing.state === "failed" || allAway(view) ? EXIT.unreachable : EXIT.no;
  // Without a list and without a key there is nobody to ask, and a pool of nobody does not settle. The server that a key
  // names is about to be asked.
  if (view.rows.size === 0)
    return view.settled || (listing.state === "failed" && publishedIn(seen) === null) ? nobody : null;
  return view.settled && delivery?.state === "pending" ? nobody : null;
}
