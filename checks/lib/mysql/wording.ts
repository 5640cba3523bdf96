import { isOtherVersion } from "./fault.ts";
import type { Session } from "./session.ts";
import type { SqlRow } from "./status.ts";

/** Asks about a topic in one of several wordings. */
export type Ask = (topic: string, statements: readonly string[], needs?: string) => Promise<readonly SqlRow[]>;

/** Tries the next wording when the server does not understand one, and stays with what worked on this session. */
export function wording(session: Session): Ask {
  const chosen = new Map<string, number>();
  return async (topic, statements, needs) => {
    for (let index = chosen.get(topic) ?? 0; ; index += 1) {
      try {
        const rows = await session.rows(statements[index] ?? "", needs);
        chosen.set(topic, index);
        return rows;
      } catch (error) {
        if (!isOtherVersion(error) || index + 1 >= statements.length) throw error;
      }
    }
  };
}
