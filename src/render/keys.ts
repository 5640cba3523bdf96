import { compileGlob, type Glob } from "./functions/glob.ts";
import { basePath, cleanPath, isClean } from "./functions/go-path.ts";
import { toBytes } from "./gotemplate/bytes.ts";

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

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#values.size;
  }

  set(key: string, value: string): void {
    const path = toBytes(key);
    if (!this.#values.has(path)) this.#folder(parentOf(path)).leaves.add(nameOf(path));
    this.#values.set(path, toBytes(value));
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
    const glob = compileGlob(pattern);
    if (glob === null) return null;
    if (glob.literal !== null) return this.#values.has(glob.literal) ? [glob.literal] : [];
    const found = glob.bySegment ? this.#matchSegments(pattern) : this.#matchAll(glob);
    return found.sort();
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
    const parent = this.#folder(parentOf(folder.path));
    parent.folders.remove(nameOf(folder.path));
    this.#removeEmpty(parent);
  }

  #matchAll(glob: Glob): string[] {
    return [...this.#values.keys()].filter((key) => glob.matches(key));
  }

  #matchSegments(pattern: string): string[] {
    const [first = "", ...rest] = pattern.split("/");
    const root = this.#folders.get("");
    return root !== undefined && compileGlob(first)?.matches("") ? this.#below(root, rest) : [];
  }

  #below(folder: Folder, segments: readonly string[]): string[] {
    const [segment, ...rest] = segments;
    const glob = segment === undefined ? null : compileGlob(segment);
    if (glob === null) return [];
    const candidates = rest.length === 0 ? folder.leaves : folder.folders;
    const names = glob.literal === null ? candidates.all.filter((name) => glob.matches(name)) : [glob.literal];
    if (rest.length === 0) return names.map((name) => `${folder.path}/${name}`).filter((key) => this.#values.has(key));
    return names.flatMap((name) => {
      const child = this.#folders.get(`${folder.path}/${name}`);
      return child === undefined ? [] : this.#below(child, rest);
    });
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
