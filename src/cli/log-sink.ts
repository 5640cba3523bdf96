import { fstatSync, writeSync } from "node:fs";

/** Where log lines go; it never throws, waits for nobody and keeps a bounded number of lines. */
export interface LogSink {
  write(line: string): void;
}

/** A reader that falls so far behind is not waited for. */
const MOST_WAITING_BYTES = 1024 * 1024;

/** Lines on stderr; `recovered` is told how many were lost once there is room again. */
export function stderrSink(recovered: (lost: number) => void): LogSink {
  const put = isStream() ? toStream() : toFile;
  let lost = 0;
  return {
    write(line) {
      if (!put(line)) {
        lost += 1;
      } else if (lost > 0) {
        const count = lost;
        lost = 0;
        recovered(count);
      }
    },
  };
}

/** A pipe or a socket; nothing at all when stderr is closed. */
function isStream(): boolean {
  try {
    const stat = fstatSync(2);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function toStream(): (line: string) => boolean {
  // Whoever read the log has ended: that is no reason to end as well.
  process.stderr.on("error", () => {});
  return (line) => {
    if (process.stderr.writableLength > MOST_WAITING_BYTES) return false;
    process.stderr.write(line);
    return true;
  };
}

// Not through the stream: that stays broken after a disk was full once.
function toFile(line: string): boolean {
  try {
    writeSync(2, line);
    return true;
  } catch {
    return false;
  }
}
