import { RegistryError } from "../errors.ts";

/** Rejects as soon as the signal fires, whatever `work` does; for client libraries that ignore signals. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    return Promise.reject(asUnreachable(signal.reason));
  }
  return new Promise<T>((done, fail) => {
    const stop = (): void => fail(asUnreachable(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
    work.then(done, fail).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** An aborted or late call as the error that all drivers throw. */
export const asUnreachable = (cause: unknown): RegistryError =>
  cause instanceof RegistryError ? cause : new RegistryError("unreachable", "no answer in time", { cause });
