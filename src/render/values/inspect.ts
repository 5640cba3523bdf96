import { toBytes } from "../gotemplate/bytes.ts";
import type { SchemaRule } from "../resource/schema.ts";
import { bringsControl, hasControl, hasRawByte } from "./control.ts";

/** A key or value that must not get into the file. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}

/** Throws a ValueError at the first key or value with control characters, or bytes that are no UTF-8. */
export function refuseControl(entries: Iterable<readonly [string, string]>): void {
  for (const [key, value] of entries) {
    if (hasRawByte(key)) throw new ValueError(`the key ${shown(key)} is no UTF-8`);
    if (hasRawByte(value)) throw new ValueError(`the value of ${shown(key)} is no UTF-8`);
    if (hasControl(key)) throw new ValueError(`the key ${shown(key)} has control characters`);
    if (bringsControl(value)) throw new ValueError(`the value of ${shown(key)} has control characters`);
  }
}

/** Throws a ValueError at the first value that is not of its type. */
export function refuseMisfits(entries: Iterable<readonly [string, string]>, schema: readonly SchemaRule[]): void {
  if (schema.length === 0) return;
  for (const [key, value] of entries) {
    const bytes = toBytes(key);
    const broken = schema.find((rule) => rule.covers(bytes) && !rule.fits(value));
    if (broken !== undefined)
      throw new ValueError(`the value of ${shown(key)} is no ${broken.type} (schema "${broken.pattern}")`);
  }
}

/** The first key whose value has control characters and stands in the output as it is. */
export function controlInOutput(entries: Iterable<readonly [string, string]>, output: Buffer): string | null {
  for (const [key, value] of entries) if (hasControl(value) && output.includes(value)) return shown(key);
  return null;
}

const shown = (key: string): string => JSON.stringify(key).slice(1, -1);
