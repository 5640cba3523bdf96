// Bundles the programs into dist/ with esbuild. Client libraries land in chunks of their own, loaded when first used.
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (path) => join(root, path);
const programs = ["checkd", "checkmysqlslave", "checkmemcached", "checkredismaster"];
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));

rmSync(at("dist"), { recursive: true, force: true });
const entries = [
  ...programs.map((name) => `src/cli/${name}.ts`).filter((file) => existsSync(at(file))),
  "src/index.ts",
];
if (existsSync(at("src/cli/demo.ts"))) entries.push("src/cli/demo.ts");
await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: "dist",
  entryNames: "[name]",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.CHECKD_VERSION": JSON.stringify(version) },
  // They read files beside themselves (proto definitions, worker scripts), so they stay where npm put them.
  external: ["etcd3", "cpu-features"],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
for (const name of programs) {
  const file = at(`dist/${name}.js`);
  if (!existsSync(file)) continue;
  writeFileSync(file, `#!/usr/bin/env node\n${readFileSync(file, "utf8")}`);
  chmodSync(file, 0o755);
}
