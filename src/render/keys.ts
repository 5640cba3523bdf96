import { compileGlob, type Glob } from "./functions/glob.ts";
import { basePath, cleanPath, isClean } from "./functions/go-path.ts";
import { toBytes } from "./gotemplate/bytes.ts";
import type { KeyReads } from "./key-reads.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** A name, or the pattern that a name must match. */
type Segment = string | Glob;

// Without classes and escapes every slash is a plain one, and no pattern is malformed.
const SIMPLE = /^[^[\\]*$/;
const WILD = /[*?[\\]/;
const ANY_NAME = compileGlob("*");

function segmentOf(text: string): Segment {
  if (!WILD.test(text)) return text;
  return (text === "*" ? ANY_NAME : compileGlob(text)) ?? text;
}

function accepts(segment: Segment, name: string): boolean {
  return typeof segment === "string" ? segment === name : segment.matches(name);
}

/**
 * The keys a template sees: one is found at once, a folder is listed and a pattern matched without looking at the rest, and one
 * is set or deleted at no cost worth speaking of. Keys are clean absolute paths. They and their values are given as
 * ordinary text; everything that is asked and answered is a byte string, sorted by its bytes.
 */
export class Keys {
  readonly #values = new Map<string, string>();
  // Made when the first folder is asked for; most keys come before.
  #sorted: SortedKeys | null = null;
  /** Is told what is read and what changes; null: nobody is. */
  reads: KeyReads | null = null;

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#values.size;
  }

  set(key: string, value: string): void {
    const path = toBytes(key);
    const before = this.size;
    this.#values.set(path, toBytes(value));
    this.reads?.change(path);
    if (this.size > before) this.#sorted?.add(path);
  }

  delete(key: string): void {
    const path = toBytes(key);
    if (!this.#values.delete(path)) return;
    this.#sorted?.remove(path);
    this.reads?.change(path);
  }

  get(key: string): string | undefined {
    this.reads?.note(key);
    return this.#values.get(key);
  }

  /** The names directly below a path, and the path's own name if it is a key; below "/" only keys. */
  list(path: string): string[] {
    const folder = directFolder(path);
    this.reads?.note(folder ?? "");
    if (folder === null) return this.#listIndirect(path);
    const names = new Set<string>();
    this.#tree().eachBelow(folder, (name, isFolder) => {
      if (folder !== "" || (!isFolder && name !== "")) names.add(name);
    });
    if (this.#values.has(path)) names.add(basePath(path));
    return [...names].sort();
  }

  /** The names directly below a path that have something below them; below "/" none. */
  listFolders(path: string): string[] {
    const folder = directFolder(path);
    this.reads?.note(folder ?? "");
    if (folder === null) return this.#listFoldersIndirect(path);
    return folder === "" ? [] : this.#names(folder, true, ANY_NAME);
  }

  /** The keys that match a pattern; null when it is malformed and there is a key to compare with it. */
  match(pattern: string): string[] | null {
    this.reads?.note(folderOfPattern(pattern));
    if (this.size === 0) return [];
    if (SIMPLE.test(pattern)) return this.#matchSegments(pattern);
    const glob = compileGlob(pattern);
    if (glob === null) return null;
    return glob.bySegment ? this.#matchSegments(pattern) : this.#matchAll(glob);
  }

  #tree(): SortedKeys {
    this.#sorted ??= new SortedKeys([...this.#values.keys()]);
    return this.#sorted;
  }

  #names(folder: string, folders: boolean, glob: Glob | null): string[] {
    const names: string[] = [];
    this.#tree().eachBelow(folder, (name, isFolder) => {
      if (isFolder === folders && glob?.matches(name)) names.push(name);
    });
    return names.sort();
  }

  #matchAll(glob: Glob): string[] {
    return this.#tree()
      .allBelow("")
      .filter((key) => glob.matches(key));
  }

  #matchSegments(pattern: string): string[] {
    const [first = "", ...segments] = pattern.split("/").map(segmentOf);
    const last = segments.pop();
    if (last === undefined || !accepts(first, "")) return [];
    const folders = segments.reduce((from, segment) => this.#foldersIn(from, segment), [""]);
    return folders.flatMap((folder) => this.#keysIn(folder, last)).sort();
  }

  // A folder with a plain name need not exist: then nothing is found in it.
  #foldersIn(folders: readonly string[], segment: Segment): string[] {
    if (typeof segment === "string") return folders.map((folder) => `${folder}/${segment}`);
    return folders.flatMap((folder) => this.#names(folder, true, segment).map((name) => `${folder}/${name}`));
  }

  #keysIn(folder: string, segment: Segment): string[] {
    if (typeof segment !== "string") return this.#names(folder, false, segment).map((name) => `${folder}/${name}`);
    const key = `${folder}/${segment}`;
    return this.#values.has(key) ? [key] : [];
  }

  // confd compares such a path as it was written in one place and cleaned in another; what comes of it is kept.
  #listIndirect(path: string): string[] {
    const names = new Set<string>();
    for (const key of this.#inside(cleanPath(path))) {
      const rest = key.startsWith(path) ? key.slice(path.length) : key;
      names.add((rest.startsWith("/") ? rest.slice(1) : rest).split("/", 1)[0] ?? "");
    }
    return [...names].sort();
  }

  #listFoldersIndirect(path: string): string[] {
    const cleaned = cleanPath(path);
    const names = new Set<string>();
    for (const key of this.#inside(cleaned)) {
      const [name = "", ...deeper] = key.slice(cleaned.length + 1).split("/");
      if (key.startsWith(path) && deeper.length > 0 && cleaned !== "/") names.add(name);
    }
    return [...names].sort();
  }

  #inside(cleaned: string): string[] {
    if (!cleaned.startsWith("/")) return [];
    if (cleaned !== "/") return this.#tree().allBelow(cleaned);
    return this.#tree()
      .allBelow("")
      .filter((key) => key.lastIndexOf("/") === 0);
  }
}

// The folder a clean path (with at most one slash at its end) names, "" for the top; null for any other path.
function directFolder(path: string): string | null {
  if (path === "/") return "";
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  return bare !== "/" && isClean(bare) ? bare : null;
}

// What holds all that a pattern can match, and more.
function folderOfPattern(pattern: string): string {
  const wild = pattern.search(WILD);
  const plain = wild < 0 ? pattern : pattern.slice(0, wild);
  return SIMPLE.test(pattern) ? plain.slice(0, Math.max(plain.lastIndexOf("/"), 0)) : "";
}
