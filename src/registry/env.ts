import { z } from "zod";
import { defineRegistry } from "../contract.ts";
import { environmentReader } from "./environment.ts";

/** The environment of the process. */
export const env = defineRegistry({
  name: "env",
  summary: "the environment variables of the process, read only",
  options: z.strictObject({}),
  facts: {},
  create: () => environmentReader(process.env),
});
