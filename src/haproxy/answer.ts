// What HAProxy's Runtime API says, understood. Texts: HAProxy management guide, section 9.3.

/** Why a command did not do what it should. */
export class HaproxyError extends Error {
  override readonly name = "HaproxyError";
  /** unreachable: nobody answers; denied: the socket's level is too low; unknown: no such backend or server; refused: anything else. */
  readonly kind: "unreachable" | "denied" | "unknown" | "refused";
  constructor(kind: HaproxyError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Severity of one message of `set severity-output number`: 3 error, 4 warning, 5 notice, 6 info; null without one. */
export interface Message {
  readonly severity: number | null;
  readonly text: string;
}

/** Messages of an answer; blank lines only end answers. */
export function messagesOf(answer: string): readonly Message[] {
  return answer
    .split("\n")
    .filter((line) => line.trim() !== "" && line.trim() !== ">")
    .map((line) => {
      const [, severity, text] = /^\[(\d)\]:\s?(.*)$/.exec(line) ?? [];
      return severity === undefined ? { severity: null, text: line } : { severity: Number(severity), text: text ?? "" };
    });
}

// A `set server ... addr` that worked also reports with severity 4, in these words.
const DONE = /^(?:IP changed from|port changed from|no need to change|nothing changed|.* changed its FQDN)/i;
const NOTICE = 5;
const LONGEST_COMMAND = 80;

/** What HAProxy did not do of a line of commands; null when all is done. */
export function failureOf(commands: readonly string[], answer: string, address: string): HaproxyError | null {
  const failure = messagesOf(answer).find(({ severity, text }) => (severity ?? 0) < NOTICE && !DONE.test(text));
  if (failure === undefined) return null;
  const { text } = failure;
  const what = quoted(commands);
  if (/permission denied/i.test(text)) {
    const [socket] = address.split(" ").slice(-1);
    const mend = address.startsWith("@1")
      ? `start HAProxy with -S ${socket},level,admin`
      : `write \`stats socket ${socket} level admin\` in haproxy.cfg`;
    return new HaproxyError("denied", `${address}: ${what} needs level admin: ${mend}`);
  }
  const kind = /no such (?:backend|server)/i.test(text) ? "unknown" : "refused";
  return new HaproxyError(kind, `${address}: ${what}: ${text.trim()}`);
}

function quoted(commands: readonly string[]): string {
  const [first = ""] = commands;
  const text = first.length > LONGEST_COMMAND ? `${first.slice(0, LONGEST_COMMAND)}...` : first;
  return commands.length > 1 ? `one of ${commands.length} commands from "${text}" on` : `"${text}"`;
}
