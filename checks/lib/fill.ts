import type { Target } from "../../src/index.ts";

const HOLE = /\{([A-Za-z_][\w-]*)\}/g;

/**
 * A string of one target: `{name}`, `{host}`, `{port}` and the keys of its `meta` are filled in. Other braces stay
 * as they are, so that awk and JSON survive; `{pool}` and `{group}` are filled in when the configuration is read.
 */
export function fill(text: string, target: Target): string {
  if (!text.includes("{")) return text;
  const own: Readonly<Record<string, string>> = {
    name: target.name,
    host: target.host,
    port: String(target.port),
  };
  return text.replace(HOLE, (hole, name: string) => own[name] ?? target.meta[name] ?? hole);
}
