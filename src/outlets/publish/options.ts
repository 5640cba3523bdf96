import { z } from "zod";
import { duration } from "../../config/options.ts";

/** Options that every layout has. */
export const commonOptions = {
  registry: z.string().describe("name of the registry to publish to; required"),
  on_exit: z
    .enum(["keep", "remove"])
    .default("keep")
    .describe("what becomes of the keys when the publication ends; default the pool's `on_exit`, keep"),
};

/** Options of layouts that write keys under a lock. */
export const keyedOptions = {
  ...commonOptions,
  lease: duration()
    .optional()
    .describe("lifetime of the keys when checkd is gone: they hang on a session of so long; default none, they stay"),
  lock_ttl: duration()
    .prefault("10s")
    .describe(
      "how long a checkd that died keeps the right to write before another takes over (Consul: 10s at least, up to twice that); default 10s",
    ),
};

/** `{name}` and the others in a key or value. */
export const template = (says: string) => z.string().min(1).describe(says);
