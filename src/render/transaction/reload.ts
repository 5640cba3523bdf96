import type { Ms } from "../../core/types.ts";
import { runCommand } from "./command.ts";
import { beginConfirmation } from "./confirm.ts";
import type { TransactionEnv } from "./env.ts";

/** How a file is taken over by who reads it. */
export interface Reload {
  readonly command: string;
  readonly timeoutMs: Ms;
  readonly confirmSocket: string | null;
}

/** Runs the command, and sees to it that a new process answers where that was asked for. Throws a CommandError. */
export async function reloadOnce(reload: Reload, { clock, log, patience }: TransactionEnv): Promise<void> {
  const { command, timeoutMs, confirmSocket } = reload;
  const confirmation = confirmSocket === null ? null : await beginConfirmation(confirmSocket, clock, patience);
  await runCommand(command, { clock, log, timeoutMs, signal: patience });
  await confirmation?.wait(timeoutMs, patience);
}
