const STEP = /(?:^|\.)([^.[\]]+)|\[(\d+)\]|\["([^"\]]*)"\]/y;

/** The steps of `status`, `data.nodes[0].name` or `["a.b"].c`; null when it is no path. */
export function parsePath(path: string): readonly string[] | null {
  const steps: string[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const found = STEP.exec(path);
    if (found === null) return null;
    steps.push(found[1] ?? found[2] ?? found[3] ?? "");
  }
  return steps.length === 0 ? null : steps;
}

/** What stands at the end of the steps; undefined when the path leads nowhere. */
export function valueAt(document: unknown, steps: readonly string[]): unknown {
  let here = document;
  for (const step of steps) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[step];
  }
  return here;
}
