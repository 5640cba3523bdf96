import { interpolate } from "../config/interpolate.ts";
import { describeError } from "../errors.ts";
import { EXIT, Exit } from "./exit.ts";
import { say } from "./say.ts";

/** Options of a check from `k=v` words: values are YAML, dots make sections (`tls.verify=false`), references are filled in. */
export async function probeOptions(words: readonly string[]): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1) throw new Exit(EXIT.usage, `--opt ${word}: write name=value`);
    place(options, word.slice(0, at).split("."), await readValue(word.slice(at + 1), word.slice(0, at)));
  }
  const problems: string[] = [];
  const around = {
    folder: process.cwd(),
    env: process.env,
    problem: (path: readonly (string | number)[], problem: string, hint: string | null) =>
      void problems.push(`--opt ${path.join(".")}: ${problem}${hint === null ? "" : ` (${hint})`}`),
    warn: (_: readonly (string | number)[], text: string) => say("warn", text),
  };
  const { value } = interpolate(options, around);
  if (problems.length > 0) throw new Exit(EXIT.usage, problems.join("\n"));
  return value as Record<string, unknown>;
}

function place(into: Record<string, unknown>, [first = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const inner = into[first];
  const section =
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Record<string, unknown>) : {};
  into[first] = section;
  place(section, rest, value);
}

/** Text that YAML, too, reads as itself. */
const PLAIN = /^(?!(?:true|false|null|\.nan|\.inf)$)[a-z/](?:[\w ./-]*[\w./-])?$/i;

async function readValue(text: string, name: string): Promise<unknown> {
  if (PLAIN.test(text)) return text;
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (error) {
    throw new Exit(EXIT.usage, `--opt ${name}: ${describeError(error)}`);
  }
}
