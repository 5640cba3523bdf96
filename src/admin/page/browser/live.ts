// Server-sent events over fetch: EventSource cannot send a token.

/** One event of /api/events. */
export interface LiveEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What becomes of the line. */
export interface Line {
  see(event: LiveEvent): void;
  lost(): void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
/** The daemon gives a sign of life every 15 s. */
const SILENCE_MS = 40_000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Resolves when somebody looks at the tab. */
const looking = (): Promise<void> =>
  new Promise((done) => {
    if (!document.hidden) return done();
    document.addEventListener("visibilitychange", () => done(), { once: true });
  });

/**
 * Follows the daemon's events for ever: resumes after the last one it got, with growing pauses while nobody answers. A tab
 * that nobody looks at hangs up: a browser has six connections for all tabs together.
 */
export async function followEvents(query: string, headers: () => Record<string, string>, line: Line): Promise<never> {
  let last = "";
  for (let failures = 0; ; failures++) {
    await looking();
    const hangUp = new AbortController();
    const leave = (): void => hangUp.abort();
    document.addEventListener("visibilitychange", leave, { once: true });
    try {
      const resume = last === "" ? {} : { "last-event-id": last };
      const answer = await fetch(`/api/events${query}`, {
        headers: { ...headers(), ...resume },
        signal: hangUp.signal,
      });
      if (answer.ok && answer.body !== null)
        for await (const { id, event } of readEvents(answer.body, leave)) {
          failures = 0;
          if (id !== "") last = id;
          if (event !== null) line.see(event);
        }
    } catch {
      // Whatever it was, the next try will tell.
    }
    document.removeEventListener("visibilitychange", leave);
    if (document.hidden) continue;
    line.lost();
    await pause(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)));
  }
}

interface Block {
  readonly id: string;
  /** Null: a sign of life. */
  readonly event: LiveEvent | null;
}

/** The events in a stream; `silent` is called when nothing came for long. */
async function* readEvents(body: ReadableStream<Uint8Array>, silent: () => void): AsyncGenerator<Block> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const timer = setTimeout(silent, SILENCE_MS);
    const { value, done } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop() ?? "";
    for (const block of blocks) yield parseBlock(block);
  }
}

/** One block of lines: `id`, `event`, `data`. */
export function parseBlock(block: string): Block {
  const fields = new Map(
    block.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const;
    }),
  );
  const [id, name, data] = [fields.get("id") ?? "", fields.get("event") ?? "message", fields.get("data")];
  return { id, event: data === undefined ? null : { name, data: JSON.parse(data) as LiveEvent["data"] } };
}
