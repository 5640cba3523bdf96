import { bounded } from "./bounded.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { Session } from "./session.ts";
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

const noAnswer = (): string => "connected, but no answer";

/** Runs a question; when the signal stops it, the session is cut: its late answer would be taken for the next one's. */
export const within = <T>(session: Session, signal: AbortSignal, run: () => Promise<T>): Promise<T> =>
  bounded(signal, noAnswer, () => session.destroy(), run);

/** Asks a new session what stays true for it. */
export async function meet(session: Session, signal: AbortSignal): Promise<Known> {
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
