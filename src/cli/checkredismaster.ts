import "./classic/no-jit.ts";
import { Command, Option } from "commander";
import { classicOptions, tagOption, withClassicOptions } from "./classic/options.ts";
import { serversOption } from "./classic/servers.ts";
import { version } from "./exit.ts";
import { runProgram } from "./program.ts";

const program = new Command("checkredismaster")
  .description("Keeps the Redis master of a group in Consul, at haproxy/redismaster/TAG.")
  .version(version, "--version")
  .addOption(serversOption("--server <h:p,h:p>", "all servers of the group, host:port each", "CHECKD_SERVER"))
  .addOption(
    serversOption("--sentinel <h:p,h:p>", "the Sentinels that watch it: their majority decides", "CHECKD_SENTINEL"),
  )
  .addOption(new Option("--master-name <name>", "name under which they watch it").env("CHECKD_MASTER_NAME"))
  .addOption(
    new Option("--password-file <file>", "file with the password of the servers; read again when it changes").env(
      "CHECKD_PASSWORD_FILE",
    ),
  )
  .addOption(tagOption("name of the key"));

withClassicOptions(program)
  .addHelpText(
    "after",
    `
Examples:
  checkredismaster --server 10.0.21.5:6379,10.0.21.7:6379 --tag redis6379
  checkredismaster --server 10.0.21.5:6379,10.0.21.7:6379 --sentinel 10.0.21.5:26379,10.0.21.7:26379,10.0.21.9:26379 \\
    --master-name mymaster --tag redis6379`,
  )
  .action(async (flags) => {
    const options = classicOptions(program, process.env);
    const { runRedisMaster } = await import("./classic/redis-master.ts");
    process.exitCode = await runRedisMaster(flags, options, process.env);
  });

void runProgram(program, process.argv.slice(2));
