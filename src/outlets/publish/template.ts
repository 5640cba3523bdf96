import type { PoolView, Target } from "../../core/types.ts";

/** Fills `{name} {host} {port} {pool} {group}` in. */
export function fill(template: string, target: Target, view: Pick<PoolView, "pool" | "group">): string {
  const values: Readonly<Record<string, string>> = {
    name: target.name,
    host: target.host,
    port: String(target.port),
    pool: view.pool,
    group: view.group ?? "",
  };
  return template.replace(/\{(name|host|port|pool|group)\}/g, (_, word: string) => values[word] ?? "");
}

/** Fills in what is equal for all targets of a pool. */
export const fillPool = (template: string, view: Pick<PoolView, "pool" | "group">): string =>
  template.replaceAll("{pool}", view.pool).replaceAll("{group}", view.group ?? "");

/** The folder that holds every key of a template: what stands before the first placeholder, up to its last slash. */
export function folderOf(template: string): string {
  const [fixed = "", ...placeholders] = template.split(/\{(?:name|host|port)\}/);
  return placeholders.length === 0 ? fixed : fixed.slice(0, fixed.lastIndexOf("/") + 1);
}
