import { quoted } from "../reason.ts";
import { type Conversation, Unanswered } from "./conversation.ts";
import type { Expectation, Script } from "./expectation.ts";

/** How a dialogue ended: `unmet` null when everything expected came. */
export interface Outcome {
  readonly banner: string | null;
  readonly bytes: number;
  readonly unmet: string | null;
  readonly met: string;
}

/** Plays a script on a connection that is ready; rejects when it fails or stops before the answer is judged. */
export async function play(script: Script, talk: Conversation): Promise<Outcome> {
  const { greeting, request, expected } = script;
  const greeted = greeting === null ? null : await hear([greeting], talk);
  if (greeted !== null && greeted.unmet !== null) return summary(greeted, null);
  if (greeting !== null) talk.take();
  if (request !== null) talk.send(request);
  return summary(greeted, expected.length === 0 ? null : await hear(expected, talk));
}

interface Heard {
  readonly got: Buffer;
  readonly unmet: string | null;
}

async function hear(expected: readonly Expectation[], talk: Conversation): Promise<Heard> {
  try {
    return { got: await talk.receive((got) => expected.every((each) => each.met(got))), unmet: null };
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const missing = expected.filter((each) => !each.met(error.got));
    const came = error.got.length === 0 ? error.message : `got ${quoted(error.got.toString())}, ${error.message}`;
    return { got: error.got, unmet: `${wanted(missing)}, ${came}` };
  }
}

const wanted = (expected: readonly Expectation[]): string => `expected ${expected.map((e) => e.words).join(" and ")}`;

function summary(greeted: Heard | null, answered: Heard | null): Outcome {
  const first = greeted ?? answered;
  return {
    banner: first === null ? null : firstLine(first.got),
    bytes: (greeted?.got.length ?? 0) + (answered?.got.length ?? 0),
    unmet: greeted?.unmet ?? answered?.unmet ?? null,
    met: first === null ? "connected" : `got ${quoted((answered ?? first).got.toString())}`,
  };
}

const firstLine = (got: Buffer): string =>
  got
    .toString()
    .split(/[\r\n]/, 1)
    .join("")
    .slice(0, 80);
