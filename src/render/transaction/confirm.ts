import type { Clock } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";
import { withDeadline } from "../../engine/deadline.ts";
import { describeError } from "../../errors.ts";
import type { ProcessSeen } from "../../haproxy/client.ts";
import { pause } from "../../registry/follow.ts";
import { CommandError } from "./command.ts";

const ASK_MS: Ms = 1000;
const BETWEEN_MS: Ms = 50;

/** Sees whether another process answers on HAProxy's runtime socket than before. */
export interface Confirmation {
  /** Resolves when it does; throws a CommandError when it does not in time. */
  wait(withinMs: Ms, signal: AbortSignal): Promise<void>;
}

/** Looks at the process that answers now, before the reload. */
export async function beginConfirmation(socket: string, clock: Clock, signal: AbortSignal): Promise<Confirmation> {
  const { haproxyClient } = await import("../../haproxy/client.ts");
  const client = haproxyClient({ address: socket, timeoutMs: ASK_MS, clock });
  const ask = async (): Promise<ProcessSeen | null> => client.info(signal).catch(() => null);
  const before = await ask();
  const isNew = (now: ProcessSeen | null): boolean =>
    now !== null && (before === null || now.pid !== before.pid || now.uptimeSeconds < before.uptimeSeconds);
  return {
    async wait(withinMs, waiting) {
      try {
        await withDeadline(clock, withinMs, waiting, async (inner) => {
          while (!isNew(await ask())) {
            await pause(clock, BETWEEN_MS, inner);
            inner.throwIfAborted();
          }
        });
      } catch (error) {
        const who = before === null ? "no process answers" : `process ${before.pid} still answers`;
        throw new CommandError(`${who} on ${socket} after the reload: ${describeError(error)}`, { cause: error });
      }
    },
  };
}
