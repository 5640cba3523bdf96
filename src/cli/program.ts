import type { Command } from "commander";
import { describeError } from "../errors.ts";
import { EXIT, isExit } from "./exit.ts";
import { say, useLogOptions } from "./say.ts";

/** Runs a program: its errors become one line on stderr and the exit codes of every program. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  // Each command has settings of its own: what the program is told afterwards does not reach them.
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `${program.name()}: `)) });
    dropNoes(command);
  }
  program.hook("preAction", (_, command) => useLogOptions(command.opts()));
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    process.exitCode = exitCode(program.name(), error);
  }
}

/**
 * An empty variable is how a shell says "none"; CHECKD_DRY_RUN=0 means no, though commander takes any value of a switch's
 * variable for a yes.
 */
function dropNoes({ options }: Command): void {
  for (const option of options) {
    const { envVar } = option;
    if (envVar === undefined) continue;
    const none = option.isBoolean() ? /^(|0|no|off|false)$/i : /^$/;
    if (none.test(process.env[envVar] ?? "")) delete process.env[envVar];
  }
}

function exitCode(name: string, error: unknown): number {
  if (isExit(error)) {
    if (error.message !== "") say("error", error.message);
    return error.code;
  }
  // commander has printed its own word already; help and version end with 0.
  if (error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander."))
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const few = error instanceof Error && "code" in error && (error.code === "EMFILE" || error.code === "ENFILE");
  say("error", `${name}: ${describeError(error)}${few ? "; raise `ulimit -n`" : ""}`);
  return few ? EXIT.unreachable : EXIT.no;
}
