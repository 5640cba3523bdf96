import type { Check, Env, Target, z } from "../../../src/index.ts";
import { steadyLookup } from "../tcp/lookup.ts";
import { keepConnection, type Question } from "./kept.ts";
import { accessOf, type accessShape, type keptShape } from "./options.ts";
import { sessions } from "./session.ts";

type Options = z.output<z.ZodObject<typeof accessShape & typeof keptShape>>;

/** A check that keeps one connection to each target and asks it what `questionFor` gives. */
export function keptCheck(options: Options, env: Env, questionFor: (target: Target) => Question): Check {
  const open = sessions(accessOf(options), steadyLookup(env.clock));
  return {
    open: (target, hint) => {
      const kept = keepConnection(target, open, options.fresh_every, hint);
      const question = questionFor(target);
      return { ask: (signal) => kept.ask(question, signal), close: async () => kept.close() };
    },
    close: async () => {},
  };
}
