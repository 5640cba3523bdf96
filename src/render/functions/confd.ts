import { type FunctionMap, volatile } from "../gotemplate/func.ts";
import type { Keys } from "../keys.ts";
import { arithmeticFunctions } from "./arithmetic.ts";
import { dataFunctions } from "./data.ts";
import { listFunctions } from "./list.ts";
import type { Lookups } from "./lookup.ts";
import { networkFunctions } from "./network.ts";
import { storeFunctions } from "./store.ts";
import { type Environment, systemFunctions } from "./system.ts";
import { textFunctions } from "./text.ts";
import { type Instant, localTime, systemInstant } from "./time/time.ts";

/** What confd's functions work on. */
export interface ConfdWorld {
  readonly keys: Keys;
  readonly env: Environment;
  readonly lookups: Lookups;
  /** The moment `datetime` gives; by default the clock of this machine. */
  readonly now?: () => Instant;
}

/** All template functions of confd v0.16, and `parent`, which is `dir`. */
export function confdFunctions({ keys, env, lookups, now = systemInstant }: ConfdWorld): FunctionMap {
  return new Map([
    ...storeFunctions(keys),
    ...textFunctions(),
    ...dataFunctions(),
    ...listFunctions(),
    ...arithmeticFunctions(),
    ...networkFunctions(lookups),
    ...systemFunctions(env),
    ["datetime", volatile([], () => localTime(now()))],
  ]);
}

const ENCRYPTED = "values encrypted with a keyring cannot be read";

/** Functions of confd that are not offered, and why; `parse` takes it as its hints. */
export const NOT_OFFERED: ReadonlyMap<string, string> = new Map(
  ["cget", "cgetv", "cgets", "cgetvs"].map((name) => [name, ENCRYPTED]),
);
