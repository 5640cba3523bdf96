import type { Func } from "../func.ts";
import { CALL } from "./call.ts";
import { EQ, GE, GT, LE, LT, NE } from "./compare.ts";
import { INDEX, LEN, SLICE } from "./container.ts";
import { AND, NOT, OR } from "./logic.ts";
import { HTML, JS, PRINT, PRINTF, PRINTLN, URLQUERY } from "./text.ts";

/** The functions every template has. */
export const BUILTINS: readonly (readonly [string, Func])[] = [
  ["and", AND],
  ["call", CALL],
  ["eq", EQ],
  ["ge", GE],
  ["gt", GT],
  ["html", HTML],
  ["index", INDEX],
  ["js", JS],
  ["le", LE],
  ["len", LEN],
  ["lt", LT],
  ["ne", NE],
  ["not", NOT],
  ["or", OR],
  ["print", PRINT],
  ["printf", PRINTF],
  ["println", PRINTLN],
  ["slice", SLICE],
  ["urlquery", URLQUERY],
];
