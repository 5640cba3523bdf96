import { RE2JS } from "re2js";
import { z } from "../../src/index.ts";

/** A regular expression in RE2 syntax: matching takes linear time, so no pattern can hang the loop. */
export const pattern = () =>
  z.string().superRefine((text, ctx) => {
    try {
      RE2JS.compile(text);
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
      ctx.addIssue({ code: "custom", message: `"${text}" is no RE2 pattern: ${why}` });
    }
  });

/** Whether a pattern is found anywhere in a text. */
export function finder(text: string): (where: string) => boolean {
  const compiled = RE2JS.compile(text);
  return (where) => compiled.test(where);
}
