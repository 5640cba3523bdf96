import { createClock } from "../../../src/engine/clock.ts";
import { confdFunctions, NOT_OFFERED } from "../../../src/render/functions/confd.ts";
import { Lookups } from "../../../src/render/functions/lookup.ts";
import type { NameService } from "../../../src/render/functions/name-service.ts";
import { parse, type Template } from "../../../src/render/gotemplate/template.ts";
import { Keys } from "../../../src/render/keys.ts";

/** A name service that knows nothing. */
export const NO_NAMES: NameService = {
  addresses: () => Promise.reject(new Error("no such host")),
  services: () => Promise.reject(new Error("no such host")),
};

const clock = createClock((error) => {
  throw error;
});

/** Lookups that ask this name service. */
export function lookupsOf(names: NameService = NO_NAMES): Lookups {
  return new Lookups({ clock, names });
}

/** A template with confd's functions over these keys. */
export function confdTemplate(
  text: string,
  keys: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
  name = "t",
): Template {
  const world = { keys: new Keys(Object.entries(keys)), env, lookups: lookupsOf() };
  return parse(name, text, { functions: confdFunctions(world), hints: NOT_OFFERED });
}

/** What a template gives with confd's functions over these keys. */
export function render(
  text: string,
  keys: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): string {
  return confdTemplate(text, keys, env).execute(undefined).toString("utf8");
}
