/** What SIGHUP leads to. */
export interface Hangups {
  /** From now on each leads to a load: one after the other, and the newest file however many came; one that came before counts. */
  begin(load: () => Promise<void>): void;
  /** From now on they lead to nothing; without a listener one would end the process. */
  end(): void;
}

/** Listens for SIGHUP from now on: it must end neither a start nor a stop. */
export function catchHangups(): Hangups {
  let wanted = false;
  let load: (() => Promise<void>) | null = null;
  let running = false;
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    while (wanted && load !== null) {
      wanted = false;
      await load();
    }
    running = false;
  };
  process.on("SIGHUP", () => {
    wanted = true;
    void run();
  });
  return {
    begin(given) {
      load = given;
      void run();
    },
    end() {
      load = null;
    },
  };
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
