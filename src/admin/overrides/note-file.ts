import { z } from "zod";
import type { TargetId } from "../../core/types.ts";
import { writeDurably } from "../../engine/durable-file.ts";
import { keptOrder } from "../../engine/order-shelf.ts";
import { parseKept, readKept, setAside } from "../../engine/state-file.ts";
import type { Note, Notes } from "./note.ts";

const note = z.strictObject({ order: keptOrder.nullable(), at: z.number(), by: z.string() });
const noteFile = z.strictObject({
  version: z.literal(1),
  notes: z.array(z.tuple([z.templateLiteral([z.string(), "/", z.string()]), note])),
});

/** Notes as they were kept; none without a file. */
export async function loadNotes(path: string, signal: AbortSignal): Promise<Map<TargetId, Note>> {
  const text = await readKept(path, signal);
  if (text === null) return new Map();
  try {
    return new Map(parseKept(noteFile, text).notes);
  } catch (error) {
    await setAside(path);
    throw new Error(`${path} makes no sense and was put aside`, { cause: error });
  }
}

/** Keeps notes so that a kill at any instant leaves the old ones or the new ones. */
export const saveNotes = (path: string, notes: Notes): Promise<void> =>
  writeDurably(path, `${JSON.stringify({ version: 1, notes: [...notes] })}\n`);
