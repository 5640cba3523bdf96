import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { describeError } from "../../errors.ts";
import { cleanPath } from "../functions/go-path.ts";
import { entriesOf, type Fields, fieldsOf, text, texts, whole } from "./fields.ts";
import { type Resource, ResourceError, type Rules } from "./resource.ts";
import { readRules } from "./rules.ts";
import { schemaRule } from "./schema.ts";

/** Where resources are read, and what holds for all of them. */
export interface LoadOptions {
  readonly confdir: string;
  /** In place of the prefix of every resource; "" leaves theirs. */
  readonly prefix: string;
  readonly rules: Rules;
}

/** Files of conf.d and its folders whose name ends in `toml`, in order of path. */
function resourceFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return resourceFiles(path);
    return entry.name.endsWith("toml") ? [path] : [];
  });
}

/** All resources of a confd directory; null when there is no such directory. The first broken one stops it. */
export function loadResources(options: LoadOptions): readonly Resource[] | null {
  if (!existsSync(options.confdir)) return null;
  const folder = join(options.confdir, "conf.d");
  try {
    lstatSync(folder);
  } catch {
    throw new ResourceError(`lstat ${folder}: no such file or directory`);
  }
  return resourceFiles(folder).map((file) => loadResource(file, options));
}

/** One resource. */
export function loadResource(file: string, options: LoadOptions): Resource {
  try {
    const bytes = readFileSync(file);
    if (!isUtf8(bytes)) throw new ResourceError("invalid UTF-8");
    return readResource(file, bytes.toString(), options);
  } catch (error) {
    if (error instanceof EmptySource) throw new ResourceError("empty src template", { cause: file });
    const [line = ""] = describeError(error).split("\n");
    const place = error instanceof TomlError ? `line ${error.line}: ` : "";
    throw new ResourceError(`Cannot process template resource ${file} - ${place}${line}`);
  }
}

class EmptySource extends Error {}

function readResource(file: string, source: string, { confdir, prefix, rules }: LoadOptions): Resource {
  const root = fieldsOf(parseToml(source.replace(/^\uFEFF/, "")), file);
  const fields = fieldsOf(root.get("template"), "template");
  const src = text(fields, "src") ?? "";
  const own = text(fields, "prefix") ?? "/";
  const used = prefix === "" ? own : prefix;
  const rooted = used.startsWith("/") ? used : `/${used}`;
  const keys = texts(fields, "keys") ?? [];
  const resource = {
    file,
    src: join(confdir, "templates", src),
    dest: text(fields, "dest") ?? "",
    paths: keys.map((key) => cleanPath(`${rooted}/${key}`)),
    prefix: rooted,
    mode: text(fields, "mode") ?? "",
    uid: owner(fields, "uid", process.geteuid?.() ?? 0),
    gid: owner(fields, "gid", process.getegid?.() ?? 0),
    checkCmd: text(fields, "check_cmd") ?? "",
    reloadCmd: text(fields, "reload_cmd") ?? "",
    rules: readRules(fields, rules),
    schema: entriesOf(fields, "schema").map(([pattern, type]) => schemaRule(pattern, type)),
  };
  if (src === "") throw new EmptySource();
  const digest = createHash("sha1").update(`${file}\0${rooted}\0${source}`).digest("base64");
  return { ...resource, digest };
}

/** -1 means that nothing is said. */
function owner(fields: Fields, name: string, effective: number): number {
  const given = whole(fields, name) ?? -1;
  return given === -1 ? effective : given;
}
