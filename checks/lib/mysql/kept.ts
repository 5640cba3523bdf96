import type { Hint, Observation } from "../../../src/index.ts";
import { onAbort, stopped } from "../abort.ts";
import { endpoint, failed, observed } from "../reason.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { Saturated } from "./fault.ts";
import type { Address, OpenSession, Session } from "./session.ts";
import { isOn, textOf } from "./status.ts";
import { type Ask, wording } from "./wording.ts";

/** A session and what is asked once of its server. */
export interface Known {
  readonly session: Session;
  readonly dialect: Dialect;
  /** As it was when the connection was made. */
  readonly readOnly: boolean;
  readonly ask: Ask;
}

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

  const renew = async (signal: AbortSignal): Promise<Known> => {
    renewed = false;
    const known = await meet(await open(at, (why) => hint(`${peer}: connection ${why}`), signal), signal);
    kept?.session.end();
    kept = known;
    renewed = true;
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
        if (error instanceof Saturated) return observed("warn", `${peer}: ${error.message}`);
        return failed(error, peer);
      }
    },
    close: () => {
      kept?.session.end();
      kept = null;
    },
  };
}

/** Runs a question; when the signal stops it, the session is cut: its late answer would be taken for the next one's. */
async function within<T>(session: Session, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const forget = onAbort(signal, () => session.destroy());
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) throw stopped(signal, "waiting for an answer");
    throw error;
  } finally {
    forget();
  }
}

/** Asks a new session what stays true for it. */
async function meet(session: Session, signal: AbortSignal): Promise<Known> {
  try {
    const [row] = await within(session, signal, () =>
      session.rows("SELECT @@version AS version, @@global.read_only AS read_only"),
    );
    const dialect = dialectOf(textOf(row?.version) ?? "");
    return { session, dialect, readOnly: isOn(row?.read_only), ask: wording(session) };
  } catch (error) {
    session.end();
    throw error;
  }
}
