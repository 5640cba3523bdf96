// The one list of everything that can be configured; config/load gets it from here.
import { checkers } from "../../checks/index.ts";
import { sources } from "../../checks/sources/index.ts";
import type { Plugins } from "../contract.ts";
import { outlets } from "../outlets/index.ts";
import { registries } from "../registry/index.ts";

/** Every checker, source, outlet and registry driver of checkd. */
export const plugins: Plugins = { checkers, sources, outlets, registries };
