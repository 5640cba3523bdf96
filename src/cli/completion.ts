import type { Command, Option } from "commander";
import type { PoolAnswer, PoolsAnswer } from "../admin/answers.ts";
import { type AdminOptions, adminClient, apiPath } from "./admin-client.ts";
import { EXIT, Exit } from "./exit.ts";

/** Shells that there is a completion script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

const TARGETS = ["status", "explain", "drain", "maint", "ready"];

/** One command with what may follow it. */
interface Words {
  readonly name: string;
  readonly says: string;
  readonly options: readonly { readonly flags: readonly string[]; readonly says: string; readonly kind: Kind }[];
  readonly choices: readonly string[];
  readonly takesTarget: boolean;
}

/** What the value of an option is. */
type Kind = { readonly is: "none" | "file" | "text" } | { readonly is: "choice"; readonly of: readonly string[] };

/** The completion script of a shell, made from the commands themselves. */
export function completionScript(shell: string, program: Command): string {
  const commands = program.commands.map(wordsOf);
  const [known] = SHELLS.filter((each) => each === shell);
  switch (known) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
    case undefined:
      throw new Exit(EXIT.usage, `there is no completion for "${shell}" (allowed: ${SHELLS.join(", ")})`);
    default:
      return known satisfies never;
  }
}

/** Names of pools and targets for the scripts: nothing when the daemon does not answer, as nobody asked for an error. */
export async function completionNames(options: AdminOptions): Promise<string> {
  try {
    const client = adminClient(options);
    const { pools } = await client.get<PoolsAnswer>("/api/pools");
    const all = await Promise.all(pools.slice(0, 100).map(({ name }) => client.get<PoolAnswer>(apiPath(name))));
    return all.flatMap(({ pool, targets }) => [pool.name, ...targets.map(({ id }) => id)]).join("\n");
  } catch {
    return "";
  }
}

function wordsOf(command: Command): Words {
  const name = command.name();
  return {
    name,
    says: command.description(),
    options: command.options.filter(({ hidden }) => !hidden).map(optionOf),
    choices: command.registeredArguments[0]?.argChoices ?? [],
    takesTarget: TARGETS.includes(name),
  };
}

function optionOf({ short, long, description, required, argChoices, flags }: Option): Words["options"][number] {
  const names = [short, long].filter((each) => each !== undefined);
  if (!required) return { flags: names, says: description, kind: { is: "none" } };
  if (argChoices !== undefined) return { flags: names, says: description, kind: { is: "choice", of: argChoices } };
  return { flags: names, says: description, kind: { is: /<(file|path|socket|folder)>/.test(flags) ? "file" : "text" } };
}

const flagsOf = ({ options }: Words): readonly string[] => [...options.flatMap(({ flags }) => flags), "--help"];

function bash(commands: readonly Words[]): string {
  const values = new Map<string, string>();
  for (const { options } of commands)
    for (const { flags, kind } of options)
      for (const flag of flags) {
        if (kind.is === "file") values.set(flag, 'COMPREPLY=($(compgen -f -- "$cur"))');
        else if (kind.is === "choice") values.set(flag, `COMPREPLY=($(compgen -W "${kind.of.join(" ")}" -- "$cur"))`);
        else if (kind.is === "text") values.set(flag, "COMPREPLY=()");
      }
  const byValue = [...values].map(([flag, act]) => `    ${flag}) ${act}; return ;;`);
  const byCommand = commands.map((command) => {
    const flags = flagsOf(command).join(" ");
    const plain = command.takesTarget ? "$(checkd completion names 2>/dev/null)" : command.choices.join(" ");
    return `    ${command.name}) if [[ $cur == -* ]]; then words="${flags}"; else words="${plain}"; fi ;;`;
  });
  return `# bash completion of checkd: put it into /etc/bash_completion.d/checkd, or: source <(checkd completion bash)
_checkd() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then command=$word; break; fi
  done
  case $prev in
${byValue.join("\n")}
  esac
  case $command in
    "") words="${commands.map(({ name }) => name).join(" ")} --help --version" ;;
${byCommand.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -z $words && $cur != -* ]]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _checkd checkd
`;
}

/** Text inside single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** Text inside a zsh spec: brackets and colons would end it. */
const spec = (text: string): string => text.replace(/[[\]:]/g, "\\$&");

function zsh(commands: readonly Words[]): string {
  const list = commands.map(({ name, says }) => `    ${quoted(`${spec(name)}:${spec(says)}`)}`);
  const cases = commands.map((command) => {
    const options = command.options.flatMap(({ flags, says, kind }) =>
      flags.map((flag) => `        ${quoted(`${flag}[${spec(says)}]${zshValue(kind)}`)}`),
    );
    const rest = command.takesTarget ? "'1:target:_checkd_targets'" : restOf(command);
    return `      ${command.name}) _arguments \\\n${[...options, `        ${rest}`].join(" \\\n")} ;;`;
  });
  return `#compdef checkd
# zsh completion of checkd: put it as _checkd into a folder of $fpath
_checkd_targets() {
  local -a names
  names=(\${(f)"$(checkd completion names 2>/dev/null)"})
  compadd -a names
}
_checkd() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
${cases.join("\n")}
    esac ;;
  esac
}
compdef _checkd checkd
`;
}

const restOf = ({ choices }: Words): string =>
  choices.length > 0 ? `'1:kind:(${choices.join(" ")})'` : "'*:file:_files'";

function zshValue(kind: Kind): string {
  switch (kind.is) {
    case "none":
      return "";
    case "file":
      return ":file:_files";
    case "choice":
      return `:value:(${kind.of.join(" ")})`;
    case "text":
      return ":value: ";
    default:
      return kind satisfies never;
  }
}

function fish(commands: readonly Words[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap((command) => {
    const { name, says, options, choices, takesTarget } = command;
    const here = quoted(`__fish_seen_subcommand_from ${name}`);
    const first = `complete -c checkd -n ${quoted(`not __fish_seen_subcommand_from ${names}`)} -f -a ${name} -d ${quoted(says)}`;
    const rest = takesTarget
      ? [`complete -c checkd -n ${here} -f -a '(checkd completion names 2>/dev/null)'`]
      : choices.length > 0
        ? [`complete -c checkd -n ${here} -f -a ${quoted(choices.join(" "))}`]
        : [];
    return [first, ...rest, ...options.map((option) => `complete -c checkd -n ${here} ${fishOption(option)}`)];
  });
  return ["# fish completion of checkd: put it into ~/.config/fish/completions/checkd.fish", ...lines, ""].join("\n");
}

function fishOption({ flags, says, kind }: Words["options"][number]): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = { none: "", file: " -r -F", text: " -x", choice: "" }[kind.is];
  const choices = kind.is === "choice" ? ` -x -a ${quoted(kind.of.join(" "))}` : "";
  return `${names.join(" ")}${value}${choices} -d ${quoted(says)}`;
}
