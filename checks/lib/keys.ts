import { z } from "../../src/index.ts";

/** A table whose keys must be valid; says why of each that is not. */
export const table = <Value extends z.ZodType>(valid: (key: string) => boolean, why: string, value: Value) =>
  z.record(z.string(), value).superRefine((record, ctx) => {
    for (const key of Object.keys(record)) {
      if (!valid(key)) ctx.addIssue({ code: "custom", path: [key], message: `"${key}" ${why}` });
    }
  });
