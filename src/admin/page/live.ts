// Server-sent events over fetch: EventSource cannot send a token.

/** One event of /api/events. */
export interface LiveEvent {
  readonly name: string;
  readonly data: { readonly pool?: string; readonly target?: string | null };
}

/** How the line is. */
export type LineState = "live" | "waiting";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Follows the daemon's events for ever: resumes after the last one it got, with growing pauses while nobody answers. */
export async function followEvents(
  query: string,
  headers: () => HeadersInit,
  see: (event: LiveEvent) => void,
  line: (state: LineState) => void,
): Promise<never> {
  let last = "";
  let failures = 0;
  for (;;) {
    try {
      const answer = await fetch(`/api/events${query}`, {
        headers: { ...headers(), ...(last === "" ? {} : { "last-event-id": last }) },
      });
      if (!answer.ok || answer.body === null) throw new Error(String(answer.status));
      failures = 0;
      line("live");
      for await (const { id, name, data } of readEvents(answer.body)) {
        if (id !== "") last = id;
        see({ name, data });
      }
    } catch {
      // Whatever it was, the next try will tell.
    }
    line("waiting");
    await new Promise((done) => setTimeout(done, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)));
    failures = Math.min(failures + 1, 10);
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block
          .split(/\r?\n/)
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()] as const),
      );
      const data = fields.get("data");
      if (data !== undefined)
        yield {
          id: fields.get("id") ?? "",
          name: fields.get("event") ?? "message",
          data: JSON.parse(data) as LiveEvent["data"],
        };
    }
  }
}
