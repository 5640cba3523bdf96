/** A registry did not do what was asked: not reached (also: too late), not allowed, or refused for what we sent. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly kind: "unreachable" | "denied" | "refused";
  constructor(kind: "unreachable" | "denied" | "refused", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A failure that is our own (credentials, missing grant, a limit of ours): the target's health is not known by it. */
export class OwnFault extends Error {
  override readonly name = "OwnFault";
}

/** One line for people: the message, then the chain of causes that say something new. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || ("code" in error ? String(error.code) : error.name);
  if (error.cause === undefined) return own;
  const cause = describeError(error.cause);
  return own.includes(cause) ? own : `${own}: ${cause}`;
}
