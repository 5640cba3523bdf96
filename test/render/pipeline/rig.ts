import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../../src/contract.ts";
import { createClock } from "../../../src/engine/clock.ts";
import { createMember, type Member } from "../../../src/render/member.ts";
import type { Outcome } from "../../../src/render/outcome.ts";
import { loadResources } from "../../../src/render/resource/load.ts";
import { DEFAULT_RULES, type Rules } from "../../../src/render/resource/resource.ts";
import { renderRound } from "../../../src/render/round.ts";
import type { RoundEnv } from "../../../src/render/round-env.ts";
import type { Entries } from "../../../src/render/source/fetch.ts";
import { forgetful } from "../../../src/render/transaction/shrink-memory.ts";

/** Keys as a registry gives them. */
export type KeyValues = Readonly<Record<string, string>>;

/** A folder that is removed when the test is over. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "checkd-render-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes files below a folder. */
export function write(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

const isBelow = (path: string, key: string): boolean => path === "" || key === path || key.startsWith(`${path}/`);

/** What a registry with these keys gives for some paths. */
export function entriesOf(keys: KeyValues, paths: readonly string[]): Entries {
  const all = Object.entries(keys).map(([key, value]) => [key.replace(/^\//, ""), { value, version: value }] as const);
  return new Map(all.filter(([key]) => paths.some((path) => isBelow(path, key))));
}

/** A confd directory with what is needed to render it. */
export interface Rig {
  readonly dir: string;
  /** The folder that `{dir}` stands for in resources. */
  readonly log: string[];
  readonly shown: string[];
  keys: KeyValues;
  /** Thrown instead of keys. */
  broken: Error | null;
  members: readonly Member[];
  /** One round over all resources. */
  round(more?: Partial<RoundEnv>): Promise<readonly Outcome[]>;
  /** Reads conf.d as after a restart. */
  restart(rules?: Partial<Rules>): void;
  /** Names in a folder of the rig, in order. */
  names(folder?: string): string[];
}

/** A rig with these files; `{dir}` in them is its folder. */
export function rigOf(
  files: Readonly<Record<string, string>>,
  keys: KeyValues = {},
  options: { readonly rules?: Partial<Rules>; readonly clock?: Clock; readonly env?: NodeJS.ProcessEnv } = {},
): Rig {
  const dir = scratch();
  write(dir, Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll("{dir}", dir)])));
  const clock =
    options.clock ??
    createClock((error) => {
      throw error;
    });
  const log: string[] = [];
  const shown: string[] = [];
  const env: RoundEnv = {
    clock,
    log: (level, text) => log.push(`${level.toUpperCase()} ${text}`),
    show: (diff) => shown.push(diff),
    noop: false,
    syncOnly: false,
    keepStageFile: false,
    memory: forgetful,
    signal: new AbortController().signal,
    patience: new AbortController().signal,
    entries: async (paths) => {
      if (rig.broken !== null) throw rig.broken;
      return entriesOf(rig.keys, paths);
    },
  };
  const load = (rules: Partial<Rules> = {}): readonly Member[] =>
    (loadResources({ confdir: dir, prefix: "", rules: { ...DEFAULT_RULES, ...options.rules, ...rules } }) ?? []).map(
      (resource) => createMember(resource, { clock, env: options.env ?? {} }),
    );
  const rig: Rig = {
    dir,
    log,
    shown,
    keys,
    broken: null,
    members: load(),
    async round(more = {}) {
      log.length = 0;
      shown.length = 0;
      const outcomes = await renderRound(rig.members, { ...env, ...more });
      return rig.members.map((member) => outcomes.get(member) ?? { kind: "failed", error: new Error("no outcome") });
    },
    restart(rules) {
      rig.members = load(rules);
    },
    names: (folder = "") => readdirSync(join(dir, folder)).sort(),
  };
  return rig;
}
