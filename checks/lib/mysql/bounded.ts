import { onAbort, stopped } from "../abort.ts";

/**
 * Runs something until the signal stops it: then `cut` is called, and it has failed at once with how far it came. What
 * the cut makes of the answer comes a turn of the loop later, which is too late to be told.
 */
export function bounded<T>(
  signal: AbortSignal,
  stage: () => string,
  cut: () => void,
  run: () => Promise<T>,
): Promise<T> {
  return new Promise((done, fail) => {
    const forget = onAbort(signal, () => {
      fail(stopped(signal, stage()));
      cut();
    });
    run().then(done, fail).finally(forget);
  });
}
