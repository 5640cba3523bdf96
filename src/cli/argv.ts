const LOG_OPTION = /^--log-(?:level|format)(=|$)/;

/** The arguments with log options that stand before the command behind it, where each command has them. */
export function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  for (let own = LOG_OPTION.exec(argv[at] ?? ""); own !== null; own = LOG_OPTION.exec(argv[at] ?? ""))
    at += own[1] === "=" ? 1 : 2;
  const [command, ...rest] = argv.slice(at);
  return command === undefined || command.startsWith("-") ? argv : [command, ...argv.slice(0, at), ...rest];
}
