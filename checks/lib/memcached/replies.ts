/** What a command is answered with: one line, a value (or none), or statistics. */
export type Kind = "line" | "value" | "stats";

/** One answer; `line` is its first line, the error line where there is one. */
export interface Reply {
  readonly line: string;
  readonly value: Buffer | null;
  readonly stats: ReadonlyMap<string, string> | null;
}

const CRLF = "\r\n";
const VALUE = /^(?:VALUE \S+ \d+|VA) (\d+)/;

/** Whether a line says that a command was refused. */
export const isError = (line: string): boolean => /^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(line);

/** Whether a line may begin the answer to one of our commands; so may an empty one, which is not complete yet. */
export const isReply = (line: string): boolean => line === "" || /^([A-Z]{2,}|[A-Z]+_[A-Z]+)\b/.test(line);

/** Reads one reply for each kind; null while they are not complete. */
export function readReplies(kinds: readonly Kind[], bytes: Buffer): Reply[] | null {
  const replies: Reply[] = [];
  let at = 0;
  for (const kind of kinds) {
    const read = readReply(kind, bytes, at);
    if (read === null) return null;
    replies.push(read.reply);
    at = read.next;
  }
  return replies;
}

type Read = { readonly reply: Reply; readonly next: number } | null;

function readReply(kind: Kind, bytes: Buffer, at: number): Read {
  const first = lineAt(bytes, at);
  if (first === null) return null;
  if (kind === "line" || isError(first.text)) return { reply: plain(first.text), next: first.next };
  return kind === "value" ? readValue(bytes, first) : readStats(bytes, at);
}

const plain = (line: string): Reply => ({ line, value: null, stats: null });

interface Line {
  readonly text: string;
  readonly next: number;
}

function lineAt(bytes: Buffer, at: number): Line | null {
  const end = bytes.indexOf(CRLF, at);
  return end < 0 ? null : { text: bytes.toString("latin1", at, end), next: end + CRLF.length };
}

function readValue(bytes: Buffer, first: Line): Read {
  const length = VALUE.exec(first.text)?.[1];
  if (length === undefined) return { reply: plain(first.text), next: first.next };
  const end = first.next + Number(length);
  if (bytes.length < end + CRLF.length) return null;
  const reply = { line: first.text, value: bytes.subarray(first.next, end), stats: null };
  // The text form ends a value with END, the meta form does not.
  if (first.text.startsWith("VA ")) return { reply, next: end + CRLF.length };
  const last = lineAt(bytes, end + CRLF.length);
  return last === null ? null : { reply, next: last.next };
}

function readStats(bytes: Buffer, at: number): Read {
  const stats = new Map<string, string>();
  for (let next = at; ; ) {
    const line = lineAt(bytes, next);
    if (line === null) return null;
    next = line.next;
    const [, name, value] = /^STAT (\S+) (.*)$/.exec(line.text) ?? [];
    if (name === undefined || value === undefined) return { reply: { line: line.text, value: null, stats }, next };
    stats.set(name, value);
  }
}
