import { z } from "../../src/index.ts";

/** A table whose keys must be fit; says of each that is not why. */
export const table = <Value extends z.ZodType>(fit: (key: string) => boolean, why: string, value: Value) =>
  z.record(z.string(), value).superRefine((record, ctx) => {
    for (const key of Object.keys(record)) {
      if (!fit(key)) ctx.addIssue({ code: "custom", path: [key], message: `"${key}" ${why}` });
    }
  });
