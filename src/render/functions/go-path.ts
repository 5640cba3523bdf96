// Go's path package on byte strings: slash-separated, nothing is looked up.

/** True for an absolute path that cleaning leaves as it is. */
export function isClean(path: string): boolean {
  if (!path.startsWith("/") || path.includes("//")) return false;
  if (path.endsWith("/")) return path === "/";
  return !path.includes("/.") || path.split("/").every((part) => part !== "." && part !== "..");
}

/** The shortest path that means the same: no double slashes, no `.`, no `..` that can be resolved; "." for the empty one. */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const rooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    const up = part === "..";
    if (up && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!up || !rooted) kept.push(part);
  }
  const joined = kept.join("/");
  return rooted ? `/${joined}` : joined || ".";
}

/** The last element; "." for the empty path, "/" for slashes only. */
export function basePath(path: string): string {
  if (path === "") return ".";
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return end === 0 ? "/" : path.slice(path.lastIndexOf("/", end - 1) + 1, end);
}

/** All but the last element, cleaned. */
export function dirPath(path: string): string {
  const end = path.lastIndexOf("/");
  const parent = path.slice(0, end);
  return end > 0 && isClean(parent) ? parent : cleanPath(path.slice(0, end + 1));
}
