import { z } from "../../../src/index.ts";

/** Statuses from one to another, both included. */
export type StatusRange = readonly [number, number];

const RANGE = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/;

function parse(text: string): readonly StatusRange[] | null {
  const ranges: StatusRange[] = [];
  for (const part of text.split(",")) {
    const [, from, to] = RANGE.exec(part.trim()) ?? [];
    if (from === undefined || Number(to ?? from) < Number(from)) return null;
    ranges.push([Number(from), Number(to ?? from)]);
  }
  return ranges;
}

/** `200`, `200-299`, `200,301-302` or a list of such; gives ranges. */
export const statusSchema = () =>
  z
    .union([z.number(), z.string(), z.array(z.union([z.number(), z.string()])).min(1)])
    .transform((given, ctx): readonly StatusRange[] => {
      const ranges = parse([given].flat().join(","));
      if (ranges !== null) return ranges;
      ctx.addIssue({
        code: "custom",
        message: `"${[given].flat()}" is no status (write 200, 200-299 or a list of such)`,
      });
      return z.NEVER;
    });

/** Whether a status is in one of the ranges. */
export const within = (status: number, ranges: readonly StatusRange[]): boolean =>
  ranges.some(([from, to]) => status >= from && status <= to);

/** Ranges as they are written. */
export const statusWords = (ranges: readonly StatusRange[]): string =>
  ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
