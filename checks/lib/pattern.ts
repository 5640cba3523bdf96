import { createRequire } from "node:module";
import { z } from "../../src/index.ts";

// Loaded with the first pattern: its tables cost a short run more than the question itself.
const load = createRequire(import.meta.url);
const library = (): typeof import("re2js") => load("re2js");

/** A regular expression in RE2 syntax: matching takes linear time, so no pattern can hang the loop. */
export const pattern = () =>
  z.string().superRefine((text, ctx) => {
    try {
      library().RE2JS.compile(text);
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
      ctx.addIssue({ code: "custom", message: `"${text}" is no RE2 pattern: ${why}` });
    }
  });

/** Whether a pattern is found anywhere in a text. */
export function finder(text: string): (where: string) => boolean {
  const compiled = library().RE2JS.compile(text);
  return (where) => compiled.test(where);
}
