import type { Reads } from "./gotemplate/reads.ts";

const MOST_NOTED = 16;
const MOST_CHANGED = 5000;

/** Which keys and folders a piece of a template read, and which have changed. All paths are clean, absolute byte strings; "" is the top. */
export class KeyReads implements Reads {
  #noted: string[] | null = null;
  /** Changed keys, and all folders they are in. */
  readonly #changed = new Set<string>();
  #allChanged = false;

  /** A key, or all below a folder, was looked at. */
  note(path: string): void {
    if (this.#noted === null) return;
    for (const known of this.#noted) if (holds(known, path)) return;
    this.#noted.push(path);
    if (this.#noted.length > MOST_NOTED) this.#noted = [folderOf(this.#noted)];
  }

  /** A key is there, gone, or has another value. */
  change(key: string): void {
    if (this.#allChanged) return;
    this.#changed.add("");
    for (let end = key.length; end > 0 && !this.#changed.has(key.slice(0, end)); end = key.lastIndexOf("/", end - 1))
      this.#changed.add(key.slice(0, end));
    if (this.#changed.size > MOST_CHANGED) {
      this.#allChanged = true;
      this.#changed.clear();
    }
  }

  begin(): void {
    this.#noted = [];
  }

  end(): readonly string[] {
    const noted = this.#noted ?? [];
    this.#noted = null;
    return noted;
  }

  same(noted: readonly string[]): boolean {
    return !this.#allChanged && !noted.some((path) => this.#changed.has(path));
  }

  settle(): void {
    this.#allChanged = false;
    this.#changed.clear();
  }
}

const holds = (folder: string, path: string): boolean =>
  path.startsWith(folder) && (path.length === folder.length || folder === "" || path[folder.length] === "/");

/** The deepest folder that holds all of these. */
function folderOf([first = "", ...others]: readonly string[]): string {
  let folder = first;
  while (!others.every((path) => holds(folder, path))) folder = folder.slice(0, folder.lastIndexOf("/"));
  return folder;
}
