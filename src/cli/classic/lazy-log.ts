import type { Log } from "../../contract.ts";
import type { LogOptions } from "../logger.ts";

/** A log on stderr whose library is loaded late. */
export interface LazyLog {
  readonly log: Log;
  /** Loads it now: what runs for long must not depend on files that an upgrade replaces. */
  load(): void;
  /** Resolves when all lines are written. */
  flush(): Promise<void>;
}

const ORDER: readonly string[] = ["debug", "info", "warn", "error", "silent"];

/** Makes a log that the first wanted line loads: a round that goes well says nothing on stderr. */
export function lazyLog(options: LogOptions): LazyLog {
  let opened: Promise<Log> | null = null;
  let last: Promise<void> = Promise.resolve();
  const open = async (): Promise<Log> => {
    const { openLog } = await import("../logger.ts");
    return openLog(options);
  };
  return {
    log(level, text, fields) {
      if (ORDER.indexOf(level) < ORDER.indexOf(options.level)) return;
      opened ??= open();
      const line = opened;
      last = last.then(async () => (await line)(level, text, fields));
    },
    load() {
      opened ??= open();
      last = last.then(() => opened).then(() => {});
    },
    flush: () => last,
  };
}
