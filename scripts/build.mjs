// Bundles the programs into dist/ with esbuild. Client libraries land in chunks of their own, loaded when first used.
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compile, english } from "./compile.mjs";
import { buildPage } from "./page.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (path) => join(root, path);
const programs = ["checkd", "checkmysqlslave", "checkmemcached", "checkredismaster"];
// They read files beside themselves (proto definitions), so they stay where npm put them.
const external = ["etcd3", "cpu-features"];
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));

// A CommonJS library behind a dynamic import would come out with nothing but a default export. This gives it the
// names that Node itself finds in it, so that a bundle and the sources see the same module.
const namedExports = {
  name: "named-exports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer, pluginData }) => {
      const bare =
        kind === "dynamic-import" && !path.startsWith("node:") && !external.includes(path) && pluginData !== "inner";
      return bare && !importer.includes("node_modules") ? { path, namespace: "named-exports" } : undefined;
    });
    onLoad({ filter: /.*/, namespace: "named-exports" }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter(
        (name) => name !== "default" && name !== "module.exports" && /^[A-Za-z_$][\w$]*$/.test(name),
      );
      const lines = names.map(
        (name) => `export const ${name} = "${name}" in lib ? lib.${name} : lib.default?.${name};`,
      );
      const contents = `import * as lib from ${JSON.stringify(path)};\nexport default lib.default;\n${lines.join("\n")}`;
      return { contents, resolveDir: root, loader: "js" };
    });
  },
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.CHECKD_VERSION": JSON.stringify(version) },
};

rmSync(at("dist"), { recursive: true, force: true });
const present = programs.filter((name) => existsSync(at(`src/cli/${name}.ts`)));
const entries = [...present.map((name) => `src/cli/${name}.ts`), "src/index.ts"];
if (existsSync(at("src/cli/demo.ts"))) entries.push("src/cli/demo.ts");
const { metafile } = await build({
  ...shared,
  entryPoints: entries,
  outdir: "dist",
  entryNames: "[name]",
  chunkNames: "chunks/[name]-[hash]",
  splitting: true,
  format: "esm",
  metafile: true,
  external,
  plugins: [namedExports, english],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});

await compile({ root, shared, outputs: metafile.outputs });
for (const name of present) {
  const file = at(`dist/${name}.js`);
  writeFileSync(file, `#!/usr/bin/env node\n${readFileSync(file, "utf8")}`);
  chmodSync(file, 0o755);
}
await buildPage(root);
