import { statSync } from "node:fs";
import { fromBytes, toBytes } from "../gotemplate/bytes.ts";
import { asText, type Func, variadic, volatile } from "../gotemplate/func.ts";
import { STRING } from "../gotemplate/type.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

function variable(env: Environment, name: string): string {
  return Object.hasOwn(env, name) ? (env[name] ?? "") : "";
}

// As confd sees it, a file that cannot be looked at for another reason than its absence exists.
function fileExists(path: string): boolean {
  if (path.includes("\0")) return true;
  try {
    statSync(Buffer.from(path, "latin1"));
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
}

/** Functions that look at the machine: its environment and files. */
export function systemFunctions(env: Environment): [string, Func][] {
  return [
    [
      "getenv",
      variadic(
        [STRING, STRING],
        ([name, otherwise]) => toBytes(variable(env, fromBytes(asText(name)))) || (otherwise ?? ""),
      ),
    ],
    ["fileExists", volatile([STRING], ([path]) => fileExists(asText(path)))],
  ];
}
