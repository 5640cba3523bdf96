/** How a list compares with the last good one; `shrunk` lost more than the given share of it at once. */
export type Change = "grown" | "same" | "lost" | "shrunk" | "emptied";

/** Compares the names of two lists; `share` 0..1 is how much of the old list may vanish at once. */
export function compareLists(before: ReadonlySet<string>, after: ReadonlySet<string>, share: number): Change {
  const lost = [...before].filter((name) => !after.has(name)).length;
  if (lost === 0) return after.size > before.size ? "grown" : "same";
  if (after.size === 0) return "emptied";
  return lost / before.size > share ? "shrunk" : "lost";
}
