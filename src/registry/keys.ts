// Keys inside checkd have no slash at either end (`haproxy/mysqlslave/slave3301`); drivers add what their server wants.

/** A key or prefix in the form used inside checkd; `/services//web/` becomes `services/web`. */
export function canonicalKey(text: string): string {
  const bare = text.startsWith("/") ? text.slice(1) : text;
  // Nearly all are: a registry of 60,000 keys is not taken apart for the few that are not.
  if (!bare.startsWith("/") && !bare.endsWith("/") && !bare.includes("//")) return bare;
  return bare
    .split("/")
    .filter((part) => part !== "")
    .join("/");
}

/** Whether a key is the prefix itself or below it, by whole path segments; everything is below "". */
export const isBelow = (prefix: string, key: string): boolean =>
  prefix === "" || key === prefix || (key.startsWith(prefix) && key[prefix.length] === "/");

/** The deepest path that holds all of these. */
export function commonPrefix(paths: readonly string[]): string {
  const [first = "", ...rest] = paths;
  const parts = first === "" ? [] : first.split("/");
  let length = parts.length;
  for (const path of rest) {
    const other = path.split("/");
    let same = 0;
    while (same < length && parts[same] === other[same]) same += 1;
    length = same;
  }
  return parts.slice(0, length).join("/");
}
