/** What one execution may use before it is stopped with a TemplateError. */
export interface Limits {
  /** Bytes of the whole output, and of any single string value; default 64 MiB. */
  readonly maxBytes: number;
  /** Actions, commands and loop turns evaluated; default 100 million. */
  readonly maxSteps: number;
  /** Milliseconds; default 10,000. Looked at now and then, so a single slow function may exceed it. */
  readonly maxMs: number;
  /** Templates calling templates; default 200. */
  readonly maxDepth: number;
}

/** Generous for configuration files, small enough that a runaway template ends in seconds. */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 64 * 1024 * 1024,
  maxSteps: 100_000_000,
  maxMs: 10_000,
  maxDepth: 200,
};
