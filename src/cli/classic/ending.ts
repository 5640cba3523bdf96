const SIGNALS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP"];

/** The end of a program: the first who says so decides the exit code. */
export interface Ending {
  readonly code: Promise<number>;
  end(code: number): void;
  /** Lets go of signals and stdout. */
  release(): void;
}

/** Makes an ending that signals, and a reader of stdout who went away, bring about with `stopped` as exit code. */
export function createEnding(stopped: number): Ending {
  let end = (_code: number): void => {};
  const code = new Promise<number>((done) => {
    end = done;
  });
  const stop = (): void => end(stopped);
  for (const signal of SIGNALS) process.on(signal, stop);
  process.stdout.on("error", stop);
  return {
    code,
    end,
    release() {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
