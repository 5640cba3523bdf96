/** One reload after the other, and the newest file however many SIGHUPs came. */
export function reloadOnHangup(load: () => Promise<void>): { end(): void } {
  let wanted = false;
  let running = false;
  const onSignal = async (): Promise<void> => {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted) {
      wanted = false;
      await load();
    }
    running = false;
  };
  const listener = (): void => void onSignal();
  process.on("SIGHUP", listener);
  return { end: () => process.off("SIGHUP", listener) };
}

/** Resolves with the first signal that ends the process, or when `given` aborts. */
export function untilStopped(given: AbortSignal): Promise<NodeJS.Signals> {
  const names: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"];
  return new Promise((done) => {
    const listeners = names.map((name) => [name, () => end(name)] as const);
    const end = (name: NodeJS.Signals): void => {
      for (const [each, listener] of listeners) process.off(each, listener);
      done(name);
    };
    for (const [name, listener] of listeners) process.on(name, listener);
    given.addEventListener("abort", () => end("SIGTERM"), { once: true });
  });
}
