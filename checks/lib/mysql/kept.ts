import type { Hint, Observation } from "../../../src/index.ts";
import { endpoint, failed, observed } from "../reason.ts";
import { Saturated } from "./fault.ts";
import { SATURATED_BADNESS } from "./fitness.ts";
import { type Known, meet, within } from "./known.ts";
import type { Address, OpenSession } from "./session.ts";

/** One question: what it sees over a connection. */
export type Question = (known: Known) => Promise<Observation>;

/** A connection that is kept for one server. */
export interface Kept {
  ask(question: Question, signal: AbortSignal): Promise<Observation>;
  close(): void;
}

/**
 * Keeps one connection, and makes every `freshEvery`-th question over a new one, which then takes its place. When no
 * new one can be made the old one stays open, so that the server's death is still noticed, but is not asked: a server
 * that takes no new clients is not fit. A connection whose question was stopped is cut.
 */
export function keepConnection(at: Address, open: OpenSession, freshEvery: number, hint: Hint): Kept {
  const peer = endpoint(at);
  let kept: Known | null = null;
  let asked = 0;
  let renewed = false;
  let closed = false;

  const renew = async (signal: AbortSignal): Promise<Known> => {
    renewed = false;
    const known = await meet(await open(at, (why) => hint(`${peer}: connection ${why}`), signal), signal);
    kept?.session.end();
    kept = known;
    renewed = true;
    if (closed) known.session.end();
    return known;
  };
  const known = async (signal: AbortSignal): Promise<Known> => {
    const due = asked++ % freshEvery === 0 || !renewed;
    return due || kept === null || !kept.session.alive ? renew(signal) : kept;
  };
  return {
    ask: async (question, signal) => {
      try {
        const server = await known(signal);
        return await within(server.session, signal, () => question(server));
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof Saturated)
          return observed("warn", `${peer}: ${error.message}`, { badness: SATURATED_BADNESS });
        return failed(error, peer);
      }
    },
    close: () => {
      closed = true;
      kept?.session.end();
      kept = null;
    },
  };
}
