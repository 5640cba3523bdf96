import { readFileSync } from "node:fs";
import type { Entry, RegistryReader } from "../contract.ts";
import { canonicalKey } from "./keys.ts";
import { asUnreachable } from "./rejection.ts";
import { textOf } from "./text.ts";

const asStarted = (): Buffer => readFileSync("/proc/self/environ");

/** The variables of this process; bytes that are no UTF-8, which Node loses, are told by `textOf`. */
export function exactEnvironment(env: NodeJS.ProcessEnv, read: () => Buffer = asStarted): NodeJS.ProcessEnv {
  const lossy = Object.keys(env).filter((name) => env[name]?.includes("\ufffd"));
  if (lossy.length === 0) return env;
  const exact = { ...env };
  for (const line of read().toString("latin1").split("\0")) {
    const [name = "", ...value] = line.split("=");
    if (lossy.includes(name)) exact[name] = textOf(Buffer.from(value.join("="), "latin1"));
  }
  return exact;
}

/** Variables named like the prefix: `a/b` reads `A_B` and `A_B_C`, which come back as `a/b` and `a/b/c` (confd's mapping). */
export function environmentEntries(prefix: string, env: NodeJS.ProcessEnv): Map<string, Entry> {
  const start = canonicalKey(prefix).toUpperCase().replaceAll("/", "_");
  const found = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && name.startsWith(start)
      ? [[canonicalKey(name.toLowerCase().replaceAll("_", "/")), { value, version: value }] as const]
      : [],
  );
  return new Map(found);
}

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, fail) => {
    const end = (): void => fail(asUnreachable(signal.reason));
    if (signal.aborted) return end();
    signal.addEventListener("abort", end, { once: true });
  });

/** The environment of the process: it never changes, so there is never news. */
export const environmentReader = (env: NodeJS.ProcessEnv): RegistryReader => ({
  read: async (prefix, after, signal) =>
    after === null ? { entries: environmentEntries(prefix, env), revision: "1", fresh: true } : never(signal),
  close: async () => {},
});
