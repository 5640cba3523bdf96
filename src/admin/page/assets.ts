import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PageAnswer } from "../page-door.ts";

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

// Beside the bundle, or in dist/ when the sources themselves run.
const FOLDERS = ["../page/", "./page/", "../../../dist/page/"];

/** Names of the script and the style, with a hash of their contents in them. */
export interface AssetNames {
  readonly script: string;
  readonly style: string;
}

/** What browsers load beside the document. */
export interface Assets {
  /** Null: the page was not built, so it is one without script. */
  readonly names: AssetNames | null;
  /** A script or style by its name; null: there is no such file. */
  read(name: string): PageAnswer | null;
}

/** Loads them all, once: a package that is replaced while we run must not mix with what it replaces. */
export function loadAssets(): Assets {
  const folder = FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) =>
    existsSync(join(path, "assets.json")),
  );
  if (folder === undefined) return { names: null, read: () => null };
  const files = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  return {
    names: JSON.parse(readFileSync(join(folder, "assets.json"), "utf8")) as AssetNames,
    read(name) {
      const body = files.get(name);
      const type = TYPES[name.split(".").at(-1) ?? ""];
      if (body === undefined || type === undefined) return null;
      // They change with their name only, so browsers keep them.
      const headers = { "cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff" };
      return { status: 200, type, body, headers };
    },
  };
}
