/** Calls once when the signal aborts, at once if it has; returns how to forget it. */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => {};
  }
  signal.addEventListener("abort", call, { once: true });
  return () => signal.removeEventListener("abort", call);
}

/** The error of a question that was stopped: how far it came, with the signal's own reason as cause. */
export const stopped = (signal: AbortSignal, stage: string): Error => new Error(stage, { cause: signal.reason });
