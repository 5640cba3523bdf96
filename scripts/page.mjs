// What the browser gets: the script, the plot in a chunk of its own, the style; named by their contents.
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

/** Builds src/admin/page for browsers into dist/page. */
export async function buildPage(root) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { client: "src/admin/page/client.tsx", style: "src/admin/page/style.css" },
    outdir: "dist/page",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "chrome110", "firefox110", "safari16"],
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const nameOf = (source) =>
    basename(
      Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === `src/admin/page/${source}`)?.[0] ??
        "",
    );
  const names = { script: nameOf("client.tsx"), style: nameOf("style.css") };
  writeFileSync(join(root, "dist/page/assets.json"), JSON.stringify(names));
}
