// Module hooks: TypeScript files are stripped of their types by esbuild as they are loaded, so that plain programs
// (the bench) may use the sources and the tests' servers on every supported Node.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const file = fileURLToPath(url);
  const options = { loader: "ts", format: "esm", target: "node20", sourcefile: file, sourcemap: "inline" };
  const { code } = await transform(await readFile(file, "utf8"), options);
  return { format: "module", source: code, shortCircuit: true };
}
