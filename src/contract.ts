// The IO contracts: what a plug-in is given and what it gives back. design.md's rules hold: data goes one way,
// and the two requests against it (Hint, Prober.refresh) carry none.
import type { ZodType } from "zod";
import type {
  Alarm,
  Facts,
  Input,
  Ms,
  Observation,
  Override,
  PoolView,
  Row,
  Target,
  TargetId,
  Trigger,
  Verdict,
} from "./core/types.ts";

/** "Ask again now": carries no data, may be lost, is rate-limited by the engine. */
export type Hint = (why: string) => void;

/** A value that prints as `[secret]` in logs, JSON and errors. */
export interface Secret {
  reveal(): string;
}

/** Steady time, wall time, and the one timer; `at` returns its cancel. */
export interface Clock {
  now(): Ms;
  wall(): number;
  at(due: Ms, call: () => void): () => void;
}

/** One log line. */
export type Log = (level: "info" | "warn" | "error", text: string, fields?: Facts) => void;

/** What every plug-in is given. */
export interface Env {
  readonly clock: Clock;
  readonly log: Log;
  registry(name: string): Registry;
}

/** Checker, SourceKind, Outlet and RegistryKind all look like this. */
export interface Definition<Made, Given extends Env> {
  readonly name: string;
  readonly summary: string;
  /** With .describe(): the reference documentation is made from it. */
  readonly options: ZodType;
  /** Name -> meaning; `weight.by` is validated against it. */
  readonly facts: Readonly<Record<string, string>>;
  /** No IO and no client library before first use. */
  create(options: unknown, env: Given): Made;
}

/** All kinds there are; config/load gets them from src/cli. */
export interface Plugins {
  readonly checkers: ReadonlyMap<string, Checker>;
  readonly sources: ReadonlyMap<string, SourceKind>;
  readonly outlets: ReadonlyMap<string, Outlet>;
  readonly registries: ReadonlyMap<string, RegistryKind>;
}

/** Who is in a pool, and what was left out with the reason. */
export interface Membership {
  readonly targets: readonly Target[];
  readonly refused: readonly { readonly entry: string; readonly why: string }[];
}

/** Says which targets a pool has; when `list` throws, the last list stays. */
export interface Source {
  readonly everyMs: Ms | null;
  list(signal: AbortSignal): Promise<Membership>;
  close(): Promise<void>;
}

/** What a source is given. */
export interface SourceEnv extends Env {
  readonly pool: string;
  readonly hint: Hint;
}

/** A kind of source. */
export type SourceKind = Definition<Source, SourceEnv>;

/** Bound to one target; may keep a connection. */
export interface Probe {
  ask(signal: AbortSignal): Promise<Observation>;
  close(): Promise<void>;
}

/** Configured for one pool; holds what its probes share. */
export interface Check {
  open(target: Target, hint: Hint): Probe;
  close(): Promise<void>;
}

/** A kind of check. */
export type Checker = Definition<Check, Env>;

/** The last view of every pool. */
export interface Board {
  get(id: TargetId): Row | null;
  pool(name: string): PoolView | null;
  pools(): Iterable<PoolView>;
  /** All views at once, then each change; `see` only marks work to do. */
  follow(see: (view: PoolView) => void, signal: AbortSignal): void;
}

/** Asks for a fresh probe: joins the running one; resolves when no change is pending. */
export interface Prober {
  refresh(id: TargetId, by: Trigger): Promise<void>;
}

/** Operators' orders. */
export interface Orders {
  set(id: TargetId, order: Override): Promise<void>;
  clear(id: TargetId, owner: string): Promise<void>;
}

/** Something long-lived with a key: equal keys survive a reload untouched. `start` resolves when serving. */
export interface Part {
  readonly key: string;
  start(): Promise<{ stop(why: "exit" | "removed" | "replaced"): Promise<void> }>;
}

/** What an outlet told, and what HAProxy or the registry showed afterwards. */
export interface Delivery {
  readonly outlet: string;
  readonly about: string;
  readonly state: "synced" | "pending" | "failed";
  readonly at: Ms;
  readonly told: string;
  readonly shown: string | null;
  readonly error: string | null;
}

/** One line of the journal. */
export interface Entered {
  readonly id: number;
  readonly pool: string;
  readonly what: Input | Verdict | Delivery | Alarm;
}

/** History, server-sent events, recording. */
export interface Journal {
  about(id: TargetId): readonly Entered[];
  follow(after: number | null, see: (entered: Entered) => void, signal: AbortSignal): void;
}

/** What an outlet is given. */
export interface OutletEnv extends Env {
  readonly pool: string;
  readonly board: Board;
  report(delivery: Delivery): void;
  /** Nothing outside may be changed: what would be said is logged. */
  readonly dryRun: boolean;
  /** Ports on which this daemon answers HAProxy about a target: its own and the shared one. */
  agentPorts(target: string): readonly number[];
}

/** A kind of outlet: takes verdicts out, never steers. */
export type Outlet = Definition<Part, OutletEnv>;

/** One value of a registry and the version to compare-and-set it by. */
export interface Entry {
  readonly value: string;
  readonly version: string;
}

/** All keys below a prefix at one revision; fresh: not a stale read. */
export interface Snapshot {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly revision: string;
  readonly fresh: boolean;
}

/** All that `env` and `file` need; throws RegistryError. With `after`, `read` waits for news. */
export interface RegistryReader {
  close(): Promise<void>;
  read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot>;
}

/** One operation of a commit. */
export type Op = {
  readonly key: string;
  readonly expect: string | "absent" | "any";
  readonly session: Session | null;
} & ({ readonly put: string } | { readonly remove: true });

/** Consul session, etcd lease, ZooKeeper session: its keys go with it. */
export interface Session {
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** A driver speaks the protocol; retry, last good, shrink and locks are written once above it. */
export interface Registry extends RegistryReader {
  /** Operations in one transaction; 1 where there are none. */
  readonly maxOps: number;
  /** All or nothing; one op is a compare-and-set. */
  commit(ops: readonly Op[], signal: AbortSignal): Promise<{ readonly conflicts: readonly string[] }>;
  session(ttlMs: Ms, signal: AbortSignal): Promise<Session>;
  readonly services: ServiceCatalog | null;
}

/** A service of a catalog. */
export interface Service {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly ttlMs: Ms;
}

/** A catalog of services with health; `tell` registers when forgotten. */
export interface ServiceCatalog {
  tell(service: Service, passing: boolean, note: string, signal: AbortSignal): Promise<void>;
  remove(id: string, signal: AbortSignal): Promise<void>;
  read(name: string, after: string | null, signal: AbortSignal): Promise<Snapshot>;
}

/** A kind of registry. */
export type RegistryKind = Definition<RegistryReader | Registry, Env>;

type Options<Schema extends ZodType> = Schema["_zod"]["output"];
type Typed<Schema extends ZodType, Made, Given extends Env> = Omit<Definition<Made, Given>, "options" | "create"> & {
  readonly options: Schema;
  create(options: Options<Schema>, env: Given): Made;
};

function define<Schema extends ZodType, Made, Given extends Env>(
  kind: Typed<Schema, Made, Given>,
): Definition<Made, Given> {
  // The one place that forgets the options' type: whoever calls create() has parsed them with this schema.
  return { ...kind, create: (options, env) => kind.create(options as Options<Schema>, env) };
}

/** Makes a checker; its options are what its schema parsed. */
export const defineChecker = <S extends ZodType>(kind: Typed<S, Check, Env>): Checker => define(kind);

/** Makes a kind of source. */
export const defineSource = <S extends ZodType>(kind: Typed<S, Source, SourceEnv>): SourceKind => define(kind);

/** Makes a kind of outlet. */
export const defineOutlet = <S extends ZodType>(kind: Typed<S, Part, OutletEnv>): Outlet => define(kind);

/** Makes a registry driver. */
export const defineRegistry = <S extends ZodType>(kind: Typed<S, RegistryReader | Registry, Env>): RegistryKind =>
  define(kind);

/** A Check made of a function that keeps nothing between questions. */
export function asks(ask: (target: Target, signal: AbortSignal) => Promise<Observation>): Check {
  const nothing = async (): Promise<void> => {};
  return { open: (target) => ({ ask: (signal) => ask(target, signal), close: nothing }), close: nothing };
}
