import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PageAnswer } from "../page-door.ts";

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

// Beside the bundle, or in dist/ when the sources themselves run.
const FOLDERS = ["../page/", "./page/", "../../../dist/page/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

const folder = (): string | null => FOLDERS.find((each) => existsSync(join(each, "assets.json"))) ?? null;

let names: { readonly script: string; readonly style: string } | null = null;
const files = new Map<string, Uint8Array>();

/** Names of the script and the style, with a hash of their contents in them. */
export function assetNames(): { readonly script: string; readonly style: string } {
  const dir = folder();
  if (dir === null) return { script: "client.js", style: "style.css" };
  names ??= JSON.parse(readFileSync(join(dir, "assets.json"), "utf8")) as { script: string; style: string };
  return names;
}

/** A script or style by its name; null: there is no such file. They change with their name only, so browsers keep them. */
export function readAsset(name: string): PageAnswer | null {
  const dir = folder();
  const [, ending = ""] = /^[\w.-]+\.(js|css)$/.exec(name) ?? [];
  const type = TYPES[ending];
  if (dir === null || type === undefined) return null;
  if (files.size === 0) for (const file of readdirSync(dir)) files.set(file, readFileSync(join(dir, file)));
  const body = files.get(name);
  if (body === undefined) return null;
  return {
    status: 200,
    type,
    body,
    headers: { "cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff" },
  };
}
