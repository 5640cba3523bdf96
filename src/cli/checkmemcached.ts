import "./classic/no-jit.ts";
import { Command } from "commander";
import { classicOptions, tagOption, withClassicOptions } from "./classic/options.ts";
import { serversOption } from "./classic/servers.ts";
import { version } from "./exit.ts";
import { runProgram } from "./program.ts";

const program = new Command("checkmemcached")
  .description("Keeps one healthy memcached of a list in Consul, at haproxy/memcached/TAG.")
  .version(version, "--version")
  .addOption(serversOption("--server <h:p,h:p>", "the servers, host:port each; may be repeated", "CHECKD_SERVER"))
  .addOption(tagOption("name of the key"));

withClassicOptions(program)
  .addHelpText(
    "after",
    `
Examples:
  checkmemcached --server 10.0.21.5:11211,10.0.21.7:11211 --tag mem11211
  checkmemcached --server 10.0.21.5:11211,10.0.21.7:11211 --tag mem11211 --consul consul.example:8500 --once`,
  )
  .action(async (flags) => {
    const options = classicOptions(program, process.env);
    const { runMemcached } = await import("./classic/memcached.ts");
    process.exitCode = await runMemcached(flags, options, process.env);
  });

void runProgram(program, process.argv.slice(2));
