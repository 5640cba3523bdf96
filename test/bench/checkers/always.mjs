import { asks, defineChecker, z } from "checkd";

const PASS = { outcome: "pass", reason: "always", facts: {}, weight: null, claim: null };

/** Passes without asking anybody: what is left is the engine's own price. */
export const checker = defineChecker({
  name: "always",
  summary: "passes without asking",
  options: z.strictObject({}),
  facts: {},
  create: () => asks(async () => PASS),
});
