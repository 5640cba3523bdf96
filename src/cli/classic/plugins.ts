import type { Checker, Plugins, SourceKind } from "../../contract.ts";
import { current } from "../../outlets/publish/current.ts";
import { consul } from "../../registry/consul.ts";

/** The kinds that one of these programs uses, and no other: a round for cron loads what it needs. */
export function kindsOf(checkers: readonly Checker[], sources: readonly SourceKind[]): Plugins {
  return {
    checkers: new Map(checkers.map((kind) => [kind.name, kind])),
    sources: new Map(sources.map((kind) => [kind.name, kind])),
    outlets: new Map([[current.name, current]]),
    registries: new Map([[consul.name, consul]]),
  };
}
