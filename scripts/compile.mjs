// The programs that must start fast (see compiled.mjs), each bundled into one file; what they seldom need they load from
// the modules that build.mjs has made.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build } from "esbuild";

/** What loads another one comes after it. */
const FILES = ["probe", "checkd", "checkmysqlslave", "checkmemcached", "checkredismaster"];
const PROGRAMS = FILES.filter((name) => name !== "probe");
/** Loaded late in the sources, and yet by every run of the programs of old: a run for cron goes through all of it. */
const ALWAYS = ["./classic/mysql-slave.ts", "./classic/memcached.ts", "./classic/redis-master.ts", "mysql2", "consul"];
const INSIDE = { checkmysqlslave: ALWAYS, checkmemcached: ALWAYS, checkredismaster: ALWAYS };

/** zod brings its words in fifty languages; ours are English. */
export const english = {
  name: "english",
  setup({ onLoad }) {
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

const OF_ZOD = /import \{([^}]*)\} from ("[^"]*(?:src\/index\.ts|zod)");/g;

/** `z` handed on as a name keeps all of zod; taken from zod in each file, what nobody uses is left out. */
const littleOfZod = {
  name: "little-of-zod",
  setup({ onLoad }) {
    onLoad({ filter: /\/(src|checks)\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(OF_ZOD, (all, list, from) => {
        const names = list.split(",").map((name) => name.trim());
        const others = names.filter((name) => name !== "z");
        if (others.length === names.length) return all;
        return `import * as z from "zod"; import { ${others.join(", ")} } from ${from};`;
      }),
      loader: "ts",
    }));
  },
};

/** What is loaded later is another of these files, else one of the modules; a checker comes along. */
const later = (root, outputs, inside) => ({
  name: "later",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
      if (kind !== "dynamic-import" || path.startsWith("node:") || path.startsWith("../../checks/")) return undefined;
      if (inside.includes(path)) return undefined;
      const file = path.startsWith(".") ? relative(root, resolve(resolveDir, path)) : `named-exports:${path}`;
      const quick = FILES.find((name) => file === `src/cli/${name}.ts`);
      if (quick !== undefined) return { path: `./${quick}.cjs`, external: true };
      const made = Object.keys(outputs).find((output) => outputs[output].entryPoint === file);
      return { path: made === undefined ? path : `./${relative("dist", made)}`, external: true };
    });
  },
});

async function bundle(name, { root, shared, outputs }) {
  const outfile = join(root, `dist/${name}.cjs`);
  await build({
    ...shared,
    entryPoints: [`src/cli/${name}.ts`],
    outfile,
    format: "cjs",
    define: { ...shared.define, "import.meta.url": "__url" },
    banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
    plugins: [later(root, outputs, INSIDE[name] ?? []), littleOfZod, english],
  });
  writeFileSync(outfile, readFileSync(outfile, "utf8").replace(/\bimport\("(?=\.\/|node:)/g, '__import("'));
}

/** Writes dist/NAME.cjs with its code beside it, and the dist/NAME.js that runs it. */
export async function compile(made) {
  const { root, shared } = made;
  for (const name of FILES) await bundle(name, made);
  for (const name of PROGRAMS) {
    const run = 'runCompiled(import.meta.filename.replace(/js$/, "cjs"));';
    await build({
      ...shared,
      stdin: { contents: `import { runCompiled } from "./scripts/compiled.mjs";\n${run}`, resolveDir: root },
      outfile: `dist/${name}.js`,
      format: "esm",
    });
    const file = join(root, `dist/${name}.cjs`);
    execFileSync(process.execPath, [join(root, "scripts/keep-compiled.mjs"), file], { stdio: "ignore" });
  }
}
