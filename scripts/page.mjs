// What the browser gets: the script, the plot in a chunk of its own, the style; named by their contents.
import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { build } from "esbuild";

/** Builds src/admin/page for browsers into a folder below `root`. */
export async function buildPage(root, outdir = "dist/page") {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { client: "src/admin/page/browser/client.tsx", style: "src/admin/page/style.css" },
    outdir,
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
  const names = { script: nameOf("browser/client.tsx"), style: nameOf("style.css") };
  writeFileSync(resolve(root, outdir, "assets.json"), JSON.stringify(names));
}
