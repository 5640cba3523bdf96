// What a configuration file comes to: everything checked, every default filled in, every plug-in found.
import type { Checker, Outlet, RegistryKind, Secret, SourceKind } from "../contract.ts";
import type { Ms, Policy, PoolPolicy, Target } from "../core/types.ts";
import type { Rules } from "../render/resource/resource.ts";

/** A plug-in with options that its own schema parsed; `key` is equal exactly when kind and options are equal. */
export interface Configured<Kind> {
  readonly kind: Kind;
  readonly options: unknown;
  readonly key: string;
}

/** One check of a pool with the numbers it is judged by. */
export interface CheckSettings extends Configured<Checker> {
  readonly policy: Policy;
}

/** A dedicated agent port: answers for one target at once, without reading a request. */
export interface AgentPort {
  readonly pool: string;
  readonly target: string;
  /** Address of `agent.listen` or 0.0.0.0 when there is none; `host:port`. */
  readonly host: string;
  readonly port: number;
}

/** How much of a list may vanish at once, and how long the rest is held. */
export interface ShrinkGuard {
  readonly share: number;
  readonly forMs: Ms;
}

/** One pool. `checks` empty: `check: none`, the source and HAProxy's own check are trusted. */
export interface PoolSettings {
  readonly name: string;
  readonly group: string | null;
  readonly policy: PoolPolicy;
  readonly checks: readonly CheckSettings[];
  /** Named in the file: members, and the references of the brake. */
  readonly targets: readonly Target[];
  readonly sources: readonly Configured<SourceKind>[];
  /** Name of a discovered target, as `{host}-{port}`. */
  readonly nameTemplate: string;
  readonly shrinkGuard: ShrinkGuard;
  readonly onExit: "keep" | "remove";
  /** publish and runtime entries, in the order of the file. */
  readonly outlets: readonly Configured<Outlet>[];
  /** Equal exactly when nothing of the pool changed. */
  readonly key: string;
}

/** Where the daemon answers HAProxy on shared ports. */
export interface AgentSettings {
  /** `host:port`, `[v6]:port` or `unix:/path` each. */
  readonly listen: readonly string[];
  readonly http: readonly string[];
  /** Peers that are answered, as CIDR; empty: all. */
  readonly allow: readonly string[];
  readonly maxConnections: number;
  readonly maxPerPeer: number;
  readonly timeoutMs: Ms;
  readonly ports: readonly AgentPort[];
}

/** The admin API, metrics and page. */
export interface AdminSettings {
  readonly listen: string;
  readonly token: Secret | null;
  readonly read: "token" | "public";
}

/** A confd directory that the daemon renders. */
export interface RenderSettings {
  /** Where `confdir` stands in the configuration, for problems that only show when resources are looked at. */
  readonly place: Pick<Problem, "file" | "line" | "column" | "path">;
  readonly confdir: string;
  readonly registry: string;
  /** In place of the prefix of every resource; "" leaves theirs. */
  readonly prefix: string;
  readonly watch: boolean;
  readonly intervalMs: Ms;
  /** What holds for resources that do not say otherwise. */
  readonly rules: Rules;
  readonly key: string;
}

/** Where every Input is written as NDJSON for `checkd replay`. */
export interface RecordSettings {
  readonly file: string;
  readonly rotateBytes: number;
  readonly keep: number;
}

/** Orders shared by several daemons. */
export interface OverrideSettings {
  readonly registry: string;
  readonly prefix: string;
}

/** HAProxy as a child that checkd starts when it is not running. */
export interface HaproxySettings {
  readonly exec: string;
  readonly confFile: string;
  readonly pidFile: string;
  readonly mode: "master-worker" | "daemon";
}

/** A whole configuration. */
export interface Settings {
  readonly file: string;
  readonly admin: AdminSettings | null;
  readonly stateDir: string | null;
  readonly registries: ReadonlyMap<string, Configured<RegistryKind>>;
  readonly pools: readonly PoolSettings[];
  readonly agent: AgentSettings;
  readonly render: readonly RenderSettings[];
  readonly record: RecordSettings | null;
  readonly overrides: OverrideSettings | null;
  readonly haproxy: readonly HaproxySettings[];
  /** Worth saying, not worth stopping for: a world-readable secret file, a deprecated key. */
  readonly warnings: readonly string[];
}

/** One thing wrong with a configuration; line and column are 1-based, 0 where there is none. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly problem: string;
  readonly hint: string | null;
}
