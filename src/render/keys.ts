import { compileGlob, type Glob } from "./functions/glob.ts";
import { basePath, cleanPath, isClean } from "./functions/go-path.ts";
import { toBytes } from "./gotemplate/bytes.ts";

/** A name, or the pattern that a name must match. */
type Segment = string | Glob;

// Without classes and escapes every slash is a plain one, and no pattern is malformed.
const SIMPLE = /^[^[\\]*$/;
const WILD = /[*?[\\]/;
const ANY_NAME = compileGlob("*");

function segmentGlob(segment: string): Segment {
  if (!WILD.test(segment)) return segment;
  return (segment === "*" ? ANY_NAME : compileGlob(segment)) ?? segment;
}

function accepts(segment: Segment, name: string): boolean {
  return typeof segment === "string" ? segment === name : segment.matches(name);
}

interface Folder {
  readonly path: string;
  /** Names of the keys directly below. */
  readonly leaves: Names;
  /** Names of the folders directly below. */
  readonly folders: Names;
}

/** Names in byte order, sorted when they are read and not each time one is added. */
class Names {
  #names: string[] = [];
  #sorted = true;

  add(name: string): void {
    const last = this.#names.at(-1);
    if (last !== undefined && last > name) this.#sorted = false;
    this.#names.push(name);
  }

  remove(name: string): void {
    this.#names.splice(this.#names.indexOf(name), 1);
  }

  get all(): readonly string[] {
    if (!this.#sorted) this.#names.sort();
    this.#sorted = true;
    return this.#names;
  }

  get size(): number {
    return this.#names.length;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * The keys a template sees, as a tree of folders: listing one folder or matching a pattern looks at nothing else, and
 * one key is set or deleted at the cost of its path. Keys are clean absolute paths. They and the values are given as
 * ordinary text; everything that is asked and answered is a byte string, sorted by its bytes.
 */
export class Keys {
  readonly #values = new Map<string, string>();
  readonly #folders = new Map<string, Folder>();
  // Keys come in order more often than not, so the next one mostly lies in the same folder.
  #latest: Folder | null = null;

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
    if (this.size > before) this.#addLeaf(path);
  }

  delete(key: string): void {
    const path = toBytes(key);
    if (!this.#values.delete(path)) return;
    const folder = this.#folder(parentOf(path));
    folder.leaves.remove(nameOf(path));
    this.#removeEmpty(folder);
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** The names directly below a path, and the path's own name if it is a key; below "/" only keys. */
  list(path: string): string[] {
    const folderPath = directPath(path);
    if (folderPath === null) return this.#listIndirect(path);
    const folder = this.#folders.get(folderPath);
    const names = new Set(folder?.leaves.all);
    if (folderPath === "") names.delete("");
    else for (const name of folder?.folders.all ?? []) names.add(name);
    if (this.#values.has(path)) names.add(basePath(path));
    return [...names].sort();
  }

  /** The names directly below a path that have something below them; below "/" none. */
  listFolders(path: string): string[] {
    const folderPath = directPath(path);
    if (folderPath === null) return this.#listFoldersIndirect(path);
    return folderPath === "" ? [] : [...(this.#folders.get(folderPath)?.folders.all ?? [])];
  }

  /** The keys that match a pattern; null when it is malformed and there is a key to compare with it. */
  match(pattern: string): string[] | null {
    if (this.size === 0) return [];
    if (SIMPLE.test(pattern)) return this.#matchSegments(pattern).sort();
    const glob = compileGlob(pattern);
    if (glob === null) return null;
    return (glob.bySegment ? this.#matchSegments(pattern) : this.#matchAll(glob)).sort();
  }

  #addLeaf(path: string): void {
    const end = path.lastIndexOf("/");
    const known = this.#latest !== null && this.#latest.path.length === end && path.startsWith(this.#latest.path);
    const folder = known && this.#latest !== null ? this.#latest : this.#folder(path.slice(0, end));
    folder.leaves.add(path.slice(end + 1));
    this.#latest = folder;
  }

  #folder(path: string): Folder {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const made: Folder = { path, leaves: new Names(), folders: new Names() };
    this.#folders.set(path, made);
    if (path !== "") this.#folder(parentOf(path)).folders.add(nameOf(path));
    return made;
  }

  #removeEmpty(folder: Folder): void {
    if (folder.path === "" || folder.leaves.size > 0 || folder.folders.size > 0) return;
    this.#folders.delete(folder.path);
    this.#latest = null;
    const parent = this.#folder(parentOf(folder.path));
    parent.folders.remove(nameOf(folder.path));
    this.#removeEmpty(parent);
  }

  #matchAll(glob: Glob): string[] {
    return [...this.#values.keys()].filter((key) => glob.matches(key));
  }

  #matchSegments(pattern: string): string[] {
    const [first = "", ...segments] = pattern.split("/").map(segmentGlob);
    const root = this.#folders.get("");
    if (root === undefined || !accepts(first, "")) return [];
    const last = segments.pop();
    return last === undefined
      ? []
      : segments
          .reduce((folders, segment) => this.#step(folders, segment), [root])
          .flatMap((folder) => this.#leaves(folder, last));
  }

  #step(folders: readonly Folder[], segment: Segment): Folder[] {
    return folders.flatMap((folder) => {
      const names =
        typeof segment === "string" ? [segment] : folder.folders.all.filter((name) => segment.matches(name));
      return names.flatMap((name) => this.#folders.get(`${folder.path}/${name}`) ?? []);
    });
  }

  #leaves(folder: Folder, segment: Segment): string[] {
    if (typeof segment !== "string")
      return folder.leaves.all.filter((name) => segment.matches(name)).map((name) => `${folder.path}/${name}`);
    const key = `${folder.path}/${segment}`;
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
    const keys = [...this.#values.keys()];
    if (cleaned === "/") return keys.filter((key) => key.lastIndexOf("/") === 0);
    return keys.filter((key) => key.startsWith(`${cleaned}/`));
  }
}

// The folder a clean path (with at most one slash at its end) names, "" for the top; null for any other path.
function directPath(path: string): string | null {
  if (path === "/") return "";
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  return bare !== "/" && isClean(bare) ? bare : null;
}
