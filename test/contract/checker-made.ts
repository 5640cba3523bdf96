import type { Check, Checker } from "../../src/index.ts";
import { testEnv } from "./checker-bench.ts";
import type { CheckerCase } from "./checker-case.ts";
import { checkerCases } from "./checker-cases.ts";

/** The entry of a checker. */
export const caseOf = (checker: Checker): CheckerCase => {
  const found = checkerCases[checker.name];
  if (found === undefined)
    throw new Error(
      `${checker.name} has no entry in test/contract/checker-cases.ts (put it into cases/, see cases/tcp.ts)`,
    );
  return found;
};

/** A check of valid options. */
export const made = (checker: Checker, options: Readonly<Record<string, unknown>>): Check =>
  checker.create(checker.options.parse(options), testEnv());
