import { readFile, rename } from "node:fs/promises";
import type { ZodType } from "zod";

/** The text of a file of ours; null when there is none. */
export function readKept(path: string, signal: AbortSignal): Promise<string | null> {
  return readFile(path, { encoding: "utf8", signal }).catch(absent);
}

/** What a file of ours holds; throws one line that names the first thing wrong with it. */
export function parseKept<Kept>(shape: ZodType<Kept>, text: string): Kept {
  const parsed = shape.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new Error(`${first?.path.join(".") ?? ""}: ${first?.message ?? "not understood"}`);
}

/** Keeps a file that makes no sense for people to look at, out of the way of the next one. */
export const setAside = (path: string): Promise<void> => rename(path, `${path}.bad`);

function absent(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
