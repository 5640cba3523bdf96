// What the events say, as lines of "lately".
import type { AlarmAnswer, ChangeAnswer, DeliveryAnswer } from "../../answers.ts";
import type { Moment } from "../view/shown.ts";
import { verdictTone, verdictWord } from "../view/words.ts";
import type { LiveEvent } from "./live.ts";

const MOST = 60;

interface Place {
  readonly pool: string;
  readonly target: string | null;
}

/** A line of "lately" for an event; null: it is not worth one. */
export function momentOf({ name, data }: LiveEvent, now: string): Moment | null {
  // The API promises these shapes: event-answers.ts.
  const { pool, target } = data as unknown as Place;
  const place = { pool, target };
  switch (name) {
    case "verdict": {
      const change = data as unknown as ChangeAnswer;
      return { ...place, at: change.at, tone: verdictTone(change), word: verdictWord(change), text: change.reason };
    }
    case "audit":
      return { ...place, at: now, tone: "calm", word: "order", text: String(data.text) };
    case "alarm":
      return { ...place, at: now, tone: "fair", word: "alarm", text: (data as unknown as AlarmAnswer).text };
    case "delivery": {
      const { state, at, outlet, error, told } = data as unknown as DeliveryAnswer;
      return state === "failed" ? { ...place, at, tone: "bad", word: `${outlet} failed`, text: error ?? told } : null;
    }
    default:
      return null;
  }
}

/** Whether what the page shows may be another after this event; `target`: the one that is shown, null: pools are. */
export const isNews = ({ name, data }: LiveEvent, target: string | null): boolean =>
  !["delivery", "heard"].includes(name) || (target !== null && data.target === target);

const SAME_MS = 2000;

/** What was heard, and what the server knows beside it; newest first. */
export function merged(heard: readonly Moment[], known: readonly Moment[]): readonly Moment[] {
  const isHeard = (one: Moment): boolean =>
    heard.some(
      ({ pool, target, at }) =>
        pool === one.pool && target === one.target && Math.abs(Date.parse(at) - Date.parse(one.at)) < SAME_MS,
    );
  const all = [...heard, ...known.filter((one) => !isHeard(one))];
  return all.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, MOST);
}
