import type { Hint } from "../../src/index.ts";

/** A connection that may be kept between questions. */
export interface Keepable {
  readonly alive: boolean;
  close(): void;
}

/** One kept connection of a probe. */
export interface Kept<Link extends Keepable> {
  /**
   * Talks over the kept connection, or over a new one: the first time, every N-th time, after any failure. When the
   * kept one turns out to be dead in mid-question, a new one answers the same question.
   */
  talk<T>(signal: AbortSignal, say: (link: Link, fresh: boolean) => Promise<T>): Promise<T>;
  close(): void;
}

/** Keeps one connection; one that the other end closes is dropped and hinted at. */
export function keep<Link extends Keepable>(
  open: (signal: AbortSignal, dropped: () => void) => Promise<Link>,
  freshEvery: number,
  hint: Hint,
): Kept<Link> {
  let kept: Link | null = null;
  let asked = 0;
  let closed = false;

  const letGo = (): void => {
    kept?.close();
    kept = null;
  };

  async function anew<T>(signal: AbortSignal, say: (link: Link, fresh: boolean) => Promise<T>): Promise<T> {
    const fresh: Link = await open(signal, () => {
      if (closed || kept !== fresh) return;
      kept = null;
      hint("the server closed the kept connection");
    });
    try {
      const answer = await say(fresh, true);
      // The former one served for the hint until here: now this one does.
      letGo();
      if (closed || !fresh.alive) fresh.close();
      else kept = fresh;
      asked = 1;
      return answer;
    } catch (error) {
      fresh.close();
      throw error;
    }
  }

  return {
    async talk(signal, say) {
      const link = kept;
      if (link === null || !link.alive || asked >= freshEvery) return anew(signal, say);
      asked += 1;
      try {
        return await say(link, false);
      } catch (error) {
        link.close();
        if (kept === link) kept = null;
        // Nothing of the server is known by a dead connection: unless time is up, a new one tells.
        if (signal.aborted) throw error;
        return anew(signal, say);
      }
    },
    close() {
      closed = true;
      letGo();
    },
  };
}
