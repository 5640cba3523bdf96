import { Command, Option } from "commander";
import { addAdminCommands } from "./admin-commands.ts";
import { commandFirst } from "./argv.ts";
import { collect, confFile, confOption, durationArgument, withLogOptions } from "./common.ts";
import { EXIT, version } from "./exit.ts";
import { runProgram } from "./program.ts";
import { say } from "./say.ts";
import { RUNS } from "./service-word.ts";

// Every command loads what it needs when it runs: --help and probe must start fast.
const program = new Command("checkd")
  .description("Decides which server behind HAProxy may take traffic, and tells HAProxy.")
  .version(version, "--version")
  .showHelpAfterError("(checkd --help shows all commands)");

const examples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);

examples(
  program,
  "checkd run --conf checkd.yaml          # the daemon",
  "checkd probe tcp 10.0.0.5:6379         # one question, without a configuration",
  "checkd explain slave3301/db2           # why is it out?",
  "checkd COMMAND --help                  # options and examples of a command",
  "checkd --log-format json COMMAND       # every command takes --log-level and --log-format",
);

examples(
  withLogOptions(program.command("run").description("run the daemon"))
    .addOption(confOption())
    .addOption(
      new Option("--dry-run", "probe and decide, log what would change, change nothing").env("CHECKD_DRY_RUN"),
    ),
  "checkd run --conf /etc/checkd/checkd.yaml",
  "checkd run --dry-run --conf new.yaml",
).action(async ({ conf, dryRun, logLevel, logFormat }) => {
  const { runDaemon } = await import("./run.ts");
  // `checkd start` waits for the word, unless it has gone meanwhile.
  const ready = (): void => void (process.connected && process.send?.(RUNS, undefined, undefined, () => {}));
  process.exitCode = await runDaemon({ conf: confFile(conf), dryRun: dryRun === true, logLevel, logFormat, ready });
});

examples(
  program.command("validate").description("read a configuration and print every problem in it").addOption(confOption()),
  "checkd validate --conf checkd.yaml",
).action(async ({ conf }) => {
  const { validate } = await import("./validate.ts");
  process.exitCode = await validate(confFile(conf));
});

examples(
  program
    .command("probe")
    .description("one probe: prints the agent line and exits 0 up, 1 down, 2 usage")
    .argument("<type>", "check type, as http-content or mysql-replica")
    .argument("<target>", "host:port")
    .addOption(
      new Option("--opt <name=value>", "option of the check, may be repeated; dots make sections")
        .argParser(collect)
        .default([], "none")
        .env("CHECKD_OPT"),
    )
    .addOption(
      new Option("--timeout <duration>", "longest wait for the answer")
        .argParser(durationArgument)
        .default(1000, "1s")
        .env("CHECKD_TIMEOUT"),
    )
    .addOption(new Option("--json", "print the whole observation").env("CHECKD_JSON")),
  "checkd probe http-content 10.200.60.42:80 --opt 'contains=test me'",
  "checkd probe mysql-replica db2:3306 --opt user=monitor --opt 'password=${file:/etc/checkd/monitor.pw}'",
  "checkd probe tcp 10.0.0.5:6379 --timeout 300ms --json",
).action(async (type, target, { opt, timeout, json }) => {
  const { probe } = await import("./probe.ts");
  process.exitCode = await probe({ type, target, opt, timeoutMs: timeout, json: json === true });
});

examples(
  program
    .command("import")
    .description("print a checkd.yaml that does what an old setup did")
    .argument("<kind>", "xinetd, proxyzoo or dbconf")
    .argument("<path>", "its file or folder")
    .addOption(
      new Option("--out <folder>", "write checkd.yaml and the files beside it there, instead of printing").env(
        "CHECKD_OUT",
      ),
    ),
  "checkd import xinetd /etc/xinetd.d/haproxy-chk-3333",
  "checkd import dbconf db.conf",
  "checkd import proxyzoo web.config.json --out /etc/checkd",
).action(async (kind, path, { out }) => {
  const { importSetup } = await import("./import.ts");
  process.exitCode = importSetup(kind, path, out);
});

examples(
  program
    .command("release")
    .description("say `agent up` for every server of ours in HAProxy, so that its own check decides")
    .addOption(confOption())
    .addOption(
      new Option("--socket <socket>", "runtime socket, may be repeated; instead of those configured")
        .argParser(collect)
        .default([], "those configured")
        .env("CHECKD_SOCKET"),
    ),
  "checkd release --conf /etc/checkd/checkd.yaml",
  "checkd release --socket /run/haproxy/admin.sock",
).action(async ({ conf, socket }) => {
  const { release } = await import("./release.ts");
  process.exitCode = await release(confFile(conf), socket);
});

examples(
  program
    .command("lint")
    .description("compare haproxy.cfg with checkd.yaml")
    .addOption(new Option("--haproxy <file>", "haproxy.cfg").env("CHECKD_HAPROXY").makeOptionMandatory())
    .addOption(confOption()),
  "checkd lint --haproxy /etc/haproxy/haproxy.cfg --conf checkd.yaml",
).action(async ({ haproxy, conf }) => {
  const { lint } = await import("./lint.ts");
  process.exitCode = await lint(haproxy, conf);
});

examples(
  program
    .command("replay")
    .description("run what `record:` wrote through the same rules, with other settings where given")
    .argument("<file...>", "records, oldest first")
    .option("--conf <file>", "other settings for the pools of the record")
    .addOption(new Option("--json", "print everything as JSON").env("CHECKD_JSON")),
  "checkd replay inputs.ndjson",
  "checkd replay inputs.ndjson.1 inputs.ndjson --conf calmer.yaml",
).action(async (files, { conf, json }) => {
  const { replay } = await import("./replay.ts");
  process.exitCode = await replay({ files, conf, json: json === true });
});

examples(
  program
    .command("render")
    .description("confd's job: render a confd directory (checkd render -help shows its flags)")
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments(),
  "checkd render -onetime -backend consul -node localhost:8500",
  "checkd render -watch -backend etcdv3 -node 10.0.0.1:2379",
).action(() => renderFiles(rest));

const pidFile = (): Option =>
  new Option("--pid-file <file>", "file with the daemon's pid").default("/run/checkd.pid").env("CHECKD_PID_FILE");
const logFile = (): Option =>
  new Option("--log-file <file>", "file that its log is appended to")
    .default("/var/log/checkd.log")
    .env("CHECKD_LOG_FILE");

for (const verb of ["start", "restart"] as const) {
  examples(
    program
      .command(verb)
      .description(`${verb} the daemon in the background, for hosts without systemd`)
      .addOption(confOption())
      .addOption(pidFile())
      .addOption(logFile()),
    `checkd ${verb} --conf checkd.yaml --pid-file logs/checkd.pid --log-file logs/checkd.log`,
  ).action(async ({ conf, ...files }) => {
    const { restartService, startService } = await import("./service.ts");
    process.exitCode = await (verb === "start" ? startService : restartService)({ ...files, conf: confFile(conf) });
  });
}

examples(
  program.command("stop").description("stop the daemon in the background; HAProxy goes on").addOption(pidFile()),
  "checkd stop --pid-file logs/checkd.pid",
).action(async ({ pidFile: file }) => {
  const { stopService } = await import("./service.ts");
  process.exitCode = await stopService({ pidFile: file });
});

/** Its flags are confd's, with one dash: commander would take them apart. */
async function renderFiles(argv: readonly string[]): Promise<void> {
  const { render } = await import("./render.ts");
  // Not by itself: a client library may hold the process for as long as its session could live.
  process.exit(await render(argv));
}

addAdminCommands(program, examples);
for (const command of program.commands) if (!["run", "render"].includes(command.name())) withLogOptions(command);

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads the first lines only, as head does, has read enough.
  if (error.code === "EPIPE") process.exit();
  say("error", `checkd: the answer cannot be written: ${error.message}`);
  process.exit(EXIT.no);
});

const argv = commandFirst(process.argv.slice(2));
const [command, ...rest] = argv;
void (command === "render" ? renderFiles(rest) : runProgram(program, argv));
