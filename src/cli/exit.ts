/** Exit codes of every program: fine, the answer is no, wrong usage or configuration, cannot reach what it needs. */
export const EXIT = { ok: 0, no: 1, usage: 2, unreachable: 3 } as const;

/** Ends a program with a text for people on stderr and an exit code. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether it is such an end; the built programs have more than one copy of the class. */
export const isExit = (error: unknown): error is Exit =>
  error instanceof Error && error.name === "Exit" && "code" in error;

/** The version of the package, put in by the build. */
export const version = process.env.CHECKD_VERSION ?? "0.0.0-source";
