import type { LookupFunction } from "node:net";
import { type Env, type Ms, parseHostPort } from "../../../src/index.ts";
import type { Access } from "./options.ts";
import { type SideLine, sideLine } from "./side-line.ts";
import { numberOf, parseInfo } from "./state.ts";

/** Longest time a master may take: its death or hang must not hold up what its replicas say. */
const LIMIT_MS: Ms = 200;

const UNUSED_MS: Ms = 60_000;

/** How far the masters of a pool's replicas are, asked over one connection each. */
export interface Offsets {
  /** Replication offset of the master at host:port; null when it does not say. */
  of(master: string): Promise<number | null>;
  close(): void;
}

/** Asks masters; one that nobody follows any more is left alone after a while. */
export function masterOffsets(access: Access, env: Env, lookup: LookupFunction): Offsets {
  const lines = new Map<string, { readonly line: SideLine; usedAt: Ms }>();

  const lineTo = (master: string): SideLine | null => {
    const now = env.clock.now();
    const known = lines.get(master);
    if (known !== undefined) {
      known.usedAt = now;
      return known.line;
    }
    const at = parseHostPort(master);
    if (at === null) return null;
    const side = { at, what: "lag in bytes is not known, master", access, limitMs: LIMIT_MS, env, lookup };
    const made = { line: sideLine(side), usedAt: now };
    lines.set(master, made);
    return made.line;
  };
  const forget = (before: Ms): void => {
    for (const [master, { line, usedAt }] of lines) {
      if (usedAt >= before) continue;
      line.close();
      lines.delete(master);
    }
  };

  return {
    async of(master) {
      const line = lineTo(master);
      forget(env.clock.now() - UNUSED_MS);
      const [info] = (await line?.ask([["INFO", "replication"]])) ?? [];
      return typeof info === "string" ? numberOf(parseInfo(info), "master_repl_offset") : null;
    },
    close() {
      forget(Number.POSITIVE_INFINITY);
    },
  };
}
