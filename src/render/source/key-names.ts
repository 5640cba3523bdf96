import { cleanPath } from "../functions/go-path.ts";

/** The name a template sees a key by: the prefix is cut off its front; a key that does not begin with it stays whole. */
export function shownName(key: string, prefix: string): string {
  const full = `/${key}`;
  if (prefix === "/") return cleanPath(full);
  return cleanPath(`/${full.startsWith(prefix) ? full.slice(prefix.length) : full}`);
}

/** The paths that hold all of these: none is below another. Without slash in front, as registries name them. */
export function topPaths(paths: readonly string[]): readonly string[] {
  const names = [...new Set(paths.map((path) => path.replace(/^\/+/, "")))];
  const covers = (top: string, path: string): boolean => top === "" || path.startsWith(`${top}/`);
  return names.filter((path) => !names.some((top) => top !== path && covers(top, path)));
}
