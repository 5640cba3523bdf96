import { z } from "zod";
import { defineRegistry } from "../contract.ts";
import { FileReader } from "./file/reader.ts";

const options = z.strictObject({
  files: z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((given) => (Array.isArray(given) ? given : [given]))
    .describe("YAML or JSON files whose trees become keys: maps by name, lists by index; later files win; required"),
});

/** Trees in YAML or JSON files. */
export const file = defineRegistry({
  name: "file",
  summary: "YAML or JSON files, read only",
  options,
  facts: {},
  create: ({ files }) => new FileReader({ paths: files, accepts: () => true, dialect: "1.2" }),
});
