import type { Frame } from "./frame.ts";

const EVERY_MS = 5000;
/** A tab that nobody looks at still has a title. */
const UNSEEN_MS = 30_000;
const SOON_MS = 200;
const RETRY_MS = 1000;
/** Of the time in between, reading may take so much: a daemon in trouble is not asked to death. */
const SHARE = 0.2;

/** Reads again when there is news, and from time to time. */
export interface Refresh {
  start(): void;
  /** Many calls at once are one look. */
  soon(): void;
}

/** `read` says whether it got an answer that makes sense. */
export function createRefresh(read: () => Promise<boolean>, frame: Pick<Frame, "reached" | "lost">): Refresh {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let reading = false;
  let again = false;
  let earliest = 0;

  async function look(): Promise<void> {
    timer = null;
    reading = true;
    again = false;
    const begun = performance.now();
    const fine = await read().catch(() => false);
    if (fine) frame.reached();
    else frame.lost();
    reading = false;
    earliest = performance.now() + (fine ? (performance.now() - begun) / SHARE : RETRY_MS);
    if (again || !fine) soon();
  }
  function soon(): void {
    again = true;
    if (timer !== null || reading) return;
    timer = setTimeout(() => void look(), Math.max(SOON_MS, earliest - performance.now()));
  }
  return {
    soon,
    start() {
      setInterval(() => {
        if (!document.hidden || performance.now() > earliest + UNSEEN_MS) soon();
      }, EVERY_MS);
      document.addEventListener("visibilitychange", soon);
      addEventListener("online", soon);
      soon();
    },
  };
}
