import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import type { HaproxyClient, ProcessSeen } from "./client.ts";

/** What is known of the process behind a socket. */
export type ProcessState = { readonly process: ProcessSeen } | { readonly process: null; readonly error: string };

/** Looks at the process behind a socket again and again; tells when it answers anew, was replaced, or went away. */
export function watchProcess(
  client: HaproxyClient,
  clock: Clock,
  everyMs: Ms,
  signal: AbortSignal,
  see: (now: ProcessState) => void,
): void {
  let pid: number | null = null;
  let uptime = 0;
  let begun = false;
  const look = async (): Promise<void> => {
    try {
      const process = await client.info(signal);
      // A container's HAProxy may get the same pid again: an uptime that went back says so.
      const isNew = process.pid !== pid || process.uptimeSeconds < uptime;
      uptime = process.uptimeSeconds;
      pid = process.pid;
      if (isNew) see({ process });
    } catch (error) {
      if (signal.aborted) return;
      if (pid !== null || !begun) see({ process: null, error: describeError(error) });
      pid = null;
    }
    begun = true;
    if (!signal.aborted) cancel = clock.at(clock.now() + everyMs, () => void look());
  };
  let cancel = (): void => {};
  signal.addEventListener("abort", () => cancel(), { once: true });
  void look();
}
