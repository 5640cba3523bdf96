import type { Clock, Entered } from "../../contract.ts";
import type { EventName } from "../event-answers.ts";
import { orderAnswerOf } from "../pool-answers.ts";
import { changeOf, deliveryOf, observationOf } from "../target-answer.ts";
import { isoAt } from "../times.ts";

/** Code of the journal's lines that say who ordered what. */
export const AUDIT = "order";

/** One line of the journal as an event. */
export interface Event {
  readonly id: number;
  readonly name: EventName;
  readonly pool: string;
  readonly target: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What events are told with. */
export interface Telling {
  readonly clock: Clock;
  typesOf(pool: string): readonly string[];
  cameAt(entered: Entered): number | null;
}

/** The target a line is about, null for its pool; undefined for a line that is no event. */
export function subjectOf({ pool, what }: Entered): string | null | undefined {
  if ("kind" in what) {
    if (what.kind === "woken") return undefined;
    return "target" in what ? what.target : null;
  }
  if ("chain" in what) return what.target.name;
  if ("outlet" in what) return what.about.startsWith(`${pool}/`) ? what.about.slice(pool.length + 1) : null;
  return what.target;
}

/** A line of the journal as an event; null: it tells nothing. */
export function eventOf(entered: Entered, telling: Telling): Event | null {
  const target = subjectOf(entered);
  const said = target === undefined ? null : wordsOf(entered, telling);
  if (said === null || target === undefined) return null;
  const { id, pool } = entered;
  return { id, name: said.name, pool, target, data: { pool, target, ...said.data } };
}

interface Said {
  readonly name: EventName;
  readonly data: Readonly<Record<string, unknown>>;
}

function wordsOf(entered: Entered, telling: Telling): Said | null {
  const { id, what } = entered;
  const { clock } = telling;
  if ("kind" in what) return inputWords(entered, telling);
  if ("chain" in what) {
    const at = telling.cameAt(entered) ?? Math.max(what.since, what.observedAt);
    return { name: "verdict", data: changeOf(id, at, what, clock) };
  }
  if ("outlet" in what) return { name: "delivery", data: deliveryOf(what, clock) };
  if (what.code === AUDIT) return { name: "audit", data: { text: what.text } };
  return { name: "alarm", data: { code: what.code, text: what.text } };
}

function inputWords({ id, pool, what }: Entered, { clock, typesOf }: Telling): Said | null {
  if (!("kind" in what)) return null;
  const at = isoAt(clock, what.at);
  switch (what.kind) {
    case "observed":
      return { name: "observed", data: observationOf(id, what, typesOf(pool), clock) };
    case "ordered":
      return { name: "order", data: { at, order: what.override && orderAnswerOf(clock, what.override) } };
    case "configured":
    case "listed":
      return { name: "pool", data: { at, what: what.kind } };
    case "heard":
      return { name: "heard", data: { at } };
    case "woken":
      return null;
    default:
      return what satisfies never;
  }
}

/** The bytes of an event on the wire. */
export const wireOf = ({ id, name, data }: Event): string =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
