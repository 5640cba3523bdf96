import "./classic/no-jit.ts";
import { Command, Option } from "commander";
import { classicOptions, tagOption, withClassicOptions } from "./classic/options.ts";
import { durationArgument } from "./common.ts";
import { version } from "./exit.ts";
import { runProgram } from "./program.ts";

const program = new Command("checkmysqlslave")
  .description(
    "Keeps a healthy slave of each MySQL primary in Consul, at haproxy/mysqlslave/TAG; the primary while there is none.",
  )
  .version(version, "--version")
  .addOption(
    new Option("--conf <file>", "db.conf: a section a tag with host, port, user and password of the primary").env(
      "CHECKD_CONF",
    ),
  )
  .addOption(tagOption("section of db.conf and name of the key; may be repeated"))
  .addOption(new Option("--all", "all sections of db.conf").conflicts("tag").env("CHECKD_ALL"))
  .addOption(
    new Option("--max-lag <duration>", "largest lag of a healthy slave (default: any that is known)")
      .argParser(durationArgument)
      .env("CHECKD_MAX_LAG"),
  )
  .addOption(
    new Option(
      "--discover <how>",
      "how slaves are found: hosts asks for those with report_host, processlist who reads the binary log (default: both)",
    )
      .choices(["hosts", "processlist"])
      .env("CHECKD_DISCOVER"),
  );

withClassicOptions(program)
  .addHelpText(
    "after",
    `
Examples:
  checkmysqlslave --conf db.conf --tag slave3301 --consul localhost:8500 --token e95597e0-4045-11e7-a9ef-b6ba84687927
  checkmysqlslave --conf db.conf --all --max-lag 30s
  * * * * * root CONSUL_HTTP_TOKEN=... checkmysqlslave --conf /etc/db.conf --tag slave3301 --once >> /var/log/checkmysqlslave.log 2>&1`,
  )
  .action(async (flags) => {
    const options = classicOptions(program, process.env);
    const { runMysqlSlave } = await import("./classic/mysql-slave.ts");
    process.exitCode = await runMysqlSlave(flags, options, process.env);
  });

void runProgram(program, process.argv.slice(2));
