import { type Command, Option } from "commander";
import type { Variables } from "../../config/loading.ts";
import { collect, durationArgument } from "../common.ts";
import { EXIT, Exit } from "../exit.ts";
import type { LogOptions } from "../logger.ts";
import { type ConsulOptions, consulOptions } from "./consul-access.ts";

/** What all three programs are told. */
export interface ClassicOptions {
  readonly consul: ConsulOptions;
  /** Time between two rounds. */
  readonly everyMs: number;
  readonly once: boolean;
  readonly log: LogOptions;
}

/** Adds the flags that all three programs have. */
export function withClassicOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--consul <address>",
        "where Consul answers, host:port or https://host:port (default: CONSUL_HTTP_ADDR, localhost:8500)",
      ).env("CHECKD_CONSUL"),
    )
    .addOption(new Option("--token <token>", "ACL token of Consul (default: CONSUL_HTTP_TOKEN)"))
    .addOption(
      new Option("--every <duration>", "time between two rounds")
        .argParser(durationArgument)
        .default(1000, "1s")
        .env("CHECKD_EVERY"),
    )
    .addOption(
      new Option(
        "--once",
        "one round, for cron; exits 0 when the key names a healthy server, 1 when there is none, 3 when Consul or the servers are away",
      ).env("CHECKD_ONCE"),
    )
    .addOption(
      new Option("--log-level <level>", "least level of log lines on stderr; debug shows what the checks come to")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info")
        .env("CHECKD_LOG_LEVEL"),
    )
    .addOption(
      new Option("--log-format <format>", "log lines on stderr for people or for machines")
        .choices(["text", "json"])
        .default("text")
        .env("CHECKD_LOG_FORMAT"),
    );
}

/** The flags that all three programs have, checked; throws with exit code 2. */
export function classicOptions(command: Command, env: Variables): ClassicOptions {
  // The edge where commander's values get their types: withClassicOptions has given each its parser or choices.
  const given = command.opts() as {
    readonly consul?: string;
    readonly token?: string;
    readonly every: number;
    readonly once?: boolean;
    readonly logLevel: LogOptions["level"];
    readonly logFormat: LogOptions["format"];
  };
  if (given.every < 100) throw new Exit(EXIT.usage, "--every: at least 100ms");
  return {
    consul: consulOptions(given, env),
    everyMs: given.every,
    once: given.once === true,
    log: { level: given.logLevel, format: given.logFormat },
  };
}

/** `--tag`: may be repeated where `says` says so. */
export const tagOption = (says: string): Option => new Option("--tag <tag>", says).argParser(collect).env("CHECKD_TAG");

/** Tags that can stand in a key of Consul; throws with exit code 2. */
export function checkTags(tags: readonly string[]): readonly string[] {
  const wrong = tags.find((tag) => tag === "" || /[\s/\p{Cc}]/u.test(tag));
  if (wrong !== undefined)
    throw new Exit(EXIT.usage, `--tag: ${JSON.stringify(wrong)} is no tag (no blank, slash or control character)`);
  return [...new Set(tags)];
}

/** The one tag of a program that has a list of servers for it; throws with exit code 2. */
export function onlyTag(tags: readonly string[] | undefined): string {
  const [tag, ...more] = checkTags(tags ?? []);
  if (tag === undefined) throw new Exit(EXIT.usage, "--tag is missing: the name of the key, as --tag mem11211");
  if (more.length > 0) throw new Exit(EXIT.usage, "--tag: one tag, as all servers belong to it");
  return tag;
}
