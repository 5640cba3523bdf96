import { type Command, Option } from "commander";
import { confOption, durationArgument } from "./common.ts";

/** Adds examples to the help of a command. */
type Examples = (command: Command, ...lines: string[]) => Command;

/** Where the daemon is, and the token. */
function withAdmin(command: Command): Command {
  return command
    .addOption(
      new Option("--admin <url>", "where the daemon's API answers (default: the admin section of --conf)").env(
        "CHECKD_ADMIN",
      ),
    )
    .addOption(
      new Option(
        "--token-file <file>",
        "file with the admin token (default: CHECKD_TOKEN, else the admin section)",
      ).env("CHECKD_TOKEN_FILE"),
    )
    .addOption(confOption());
}

/** The commands that talk to the running daemon, and the completion scripts that know them. */
export function addAdminCommands(program: Command, examples: Examples): void {
  addReads(program, examples);
  for (const order of ["drain", "maint", "ready"] as const) addOrder(program, examples, order);
  addCompletion(program, examples);
}

function addReads(program: Command, examples: Examples): void {
  examples(
    withAdmin(
      program
        .command("status")
        .description("table of pools and targets from the running daemon")
        .argument("[what]", "POOL or POOL/TARGET (default: all)")
        .addOption(new Option("--json", "print what the API answers").env("CHECKD_JSON"))
        .addOption(new Option("--watch", "look again every 2 s until Ctrl-C").env("CHECKD_WATCH"))
        .option("--pid-file <file>", "only say whether the daemon of `checkd start` runs, and its pid"),
    ),
    "checkd status",
    "checkd status web --watch",
    "checkd status web/app1 --json",
    "checkd status --pid-file logs/checkd.pid",
  ).action(async (what, { json, watch, pidFile, ...options }) => {
    if (pidFile !== undefined) {
      const { serviceStatus } = await import("./service.ts");
      process.exitCode = serviceStatus({ pidFile });
      return;
    }
    const { status } = await import("./status.ts");
    process.exitCode = await status({ ...options, what, json: json === true, watch: watch === true });
  });
  examples(
    withAdmin(
      program
        .command("explain")
        .description("why a target is as it is, and what would change it")
        .argument("<what>", "POOL/TARGET")
        .addOption(new Option("--json", "print it as JSON").env("CHECKD_JSON")),
    ),
    "checkd explain slave3301/db2",
  ).action(async (what, { json, ...options }) => {
    const { explainTarget } = await import("./explain.ts");
    process.exitCode = await explainTarget({ ...options, what, json: json === true });
  });
}

const SAYS = {
  drain: "no new sessions for a target: up with weight 0, until the order ends",
  maint: "a target is out, until the order ends",
  ready: "end the order of a target: its checks decide again",
} as const;

function addOrder(program: Command, examples: Examples, name: keyof typeof SAYS): void {
  const command = withAdmin(program.command(name).description(SAYS[name]).argument("<what>", "POOL/TARGET"));
  command.addOption(new Option("--owner <name>", "who orders it (default: you)").env("CHECKD_OWNER"));
  if (name === "ready")
    command.addOption(new Option("--reason <text>", "why, for whoever reads what happened").env("CHECKD_REASON"));
  else {
    command.addOption(
      new Option("--reason <text>", "why, for whoever finds it at night").env("CHECKD_REASON").makeOptionMandatory(),
    );
    command.addOption(
      new Option("--for <duration>", "how long; without it the order stands until `checkd ready`")
        .argParser((text: string) => formatSpan(durationArgument(text)))
        .env("CHECKD_FOR"),
    );
    command.addOption(
      new Option("--force", "also when fewer targets remain than at_least asks for").env("CHECKD_FORCE"),
    );
  }
  const lines =
    name === "ready"
      ? ["checkd ready web/app1 --reason 'kernel is new'"]
      : [`checkd ${name} web/app1 --reason 'kernel upgrade' --for 30m`];
  examples(command, ...lines).action(async (what, { reason, owner, force, for: span, ...options }) => {
    const { order } = await import("./order.ts");
    process.exitCode = await order({ ...options, order: name, what, reason, owner, force, for: span });
  });
}

/** A span in one unit, as the API reads it. */
const formatSpan = (ms: number): string => `${ms}ms`;

function addCompletion(program: Command, examples: Examples): void {
  examples(
    withAdmin(
      program
        .command("completion")
        .description("print the completion script of a shell")
        .argument("<shell>", "bash, zsh or fish; names: pools and targets, for the scripts"),
    ),
    "source <(checkd completion bash)",
    "checkd completion fish > ~/.config/fish/completions/checkd.fish",
  ).action(async (shell, options) => {
    const { completionNames, completionScript } = await import("./completion.ts");
    const text = shell === "names" ? await completionNames(options) : completionScript(shell, program);
    process.stdout.write(`${text.trimEnd()}\n`);
  });
}
