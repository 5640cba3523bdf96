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

/** Throws what a command that changes something was answered, when that is no success. */
export function expectDone(command: string, answer: string, address: string): void {
  const failure = messagesOf(answer).find(({ text }) => !DONE.test(text));
  if (failure === undefined) return;
  const { text } = failure;
  if (/permission denied/i.test(text))
    throw new HaproxyError(
      "denied",
      `${address}: "${command}" needs level admin: write \`stats socket ${address} level admin\` in haproxy.cfg`,
    );
  const kind = /no such (?:backend|server)/i.test(text) ? "unknown" : "refused";
  throw new HaproxyError(kind, `${address}: "${command}": ${text}`);
}
