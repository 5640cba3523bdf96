// The data everything hangs on. No IO, no clock: whoever needs the time is given it.

/** Steady time in milliseconds: epoch at process start plus a monotonic clock, so it never jumps. Stored times are wall time. */
export type Ms = number;

/** What a probe measured; the unit is in the name (`lagSeconds`). */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** `pool/target`. */
export type TargetId = `${string}/${string}`;

/** One server to judge. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
  /** backup: serves only by `fallback`; reference: probed for the brake, never served. */
  readonly part: "member" | "backup" | "reference";
}

/** Who leads, in words all databases share. */
export interface Claim {
  readonly role: "writer" | "reader";
  /** host:port it replicates from. */
  readonly follows: string | null;
  /** Config epoch or transactions applied: higher is newer. */
  readonly term: number | null;
  /** Own history id, then those it continues (replid, replid2). */
  readonly lineage: readonly string[];
  readonly witness: { readonly says: string; readonly votes: number; readonly of: number } | null;
}

// Two facts mean something to the core: `timedOut: true` (a fail by deadline is no second witness of an event) and `badness`
// (a number, higher is worse: which of several warns is the least bad).
/** What one probe saw; `unknown` is our own fault and says nothing about the server. */
export interface Observation {
  readonly outcome: "pass" | "warn" | "fail" | "unknown";
  readonly reason: string;
  readonly facts: Facts;
  /** 0..100 when the server itself asks for a weight (exec), else null. */
  readonly weight: number | null;
  readonly claim: Claim | null;
}

/** Why a probe was made; a `fail` that confirms an `event` counts as `fall` failures. */
export type Trigger = "timer" | "poll" | "event" | "request";

/** The numbers behind judging one check. */
export interface Policy {
  readonly everyMs: Ms;
  readonly fastMs: Ms;
  readonly timeoutMs: Ms;
  readonly rise: number;
  readonly fall: number;
  readonly fallForMs: Ms;
  readonly maxAgeMs: Ms;
  /** Longest wait of a poll; -1 means `auto`: a third of that peer's shortest gap. */
  readonly waitMs: Ms;
  readonly cron: string | null;
  /** at_once: a target without a former verdict is decided by its first pass or fail; counted: rise and fall apply to it too. */
  readonly first: "at_once" | "counted";
}

/** One side of a health: `on` null means not known yet. */
export interface Latch {
  readonly on: boolean | null;
  /** Counted observations in a row against `on`: positive towards on, negative towards off, 0 none. */
  readonly streak: number;
  /** When the streak began; without one, when `on` was set. */
  readonly since: Ms;
}

/** A target after rise and fall: not alive is down; alive but not good is degraded. */
export interface HealthState {
  readonly state: "unknown" | "up" | "degraded" | "down";
  readonly since: Ms;
  readonly alive: Latch;
  readonly good: Latch;
  /** A change is being confirmed: probe at `fastMs`. */
  readonly pending: boolean;
  readonly last: Observation | null;
  readonly observedAt: Ms | null;
  /** Why, while `unknown` comes in. */
  readonly blind: string | null;
  /** Since the first `unknown` after a pass; of a remembered state, since it was restored. */
  readonly blindSince: Ms | null;
  /** When the last observation that was not `unknown` ended (of a remembered health: when it was restored). */
  readonly knownAt: Ms | null;
  /** When the last counted observation started: the next one counts if it starts `fastMs` later. */
  readonly countedAt: Ms | null;
  /** The last claim seen, and when: it outlives observations that bring none. */
  readonly claimed: { readonly claim: Claim; readonly at: Ms } | null;
}

/** An operator's order. */
export interface Override {
  readonly order: "drain" | "maint";
  readonly owner: string;
  readonly reason: string;
  readonly since: Ms;
  readonly until: Ms | null;
}

/** Points of a weight curve: value of the fact, percent. */
export type Curve = readonly (readonly [number, number])[];

/** The numbers behind the rules of one pool. */
export interface PoolPolicy {
  readonly role: "readers" | "writer";
  readonly require: "all" | "any" | number;
  readonly fallback: boolean;
  readonly atLeast: { readonly count: number } | { readonly share: number };
  readonly whenNoneFit: "all" | "least_bad" | "none";
  readonly margin: number;
  readonly witness: "none" | "prefer" | "require";
  readonly witnessAgeMs: Ms;
  readonly staleMs: Ms;
  readonly unknownMs: Ms;
  readonly settleMs: Ms;
  readonly ownsAdmin: boolean;
  readonly rampMs: Ms;
  /** The weight on the server lines; a percent is sent only where this is set. */
  readonly haproxyWeight: number | null;
  /** A new writer waits until the old one's `down` was heard by HAProxy, so long at most. */
  readonly handoverMs: Ms;
  readonly weight: { readonly by: string; readonly curve: Curve; readonly step: number } | null;
  readonly brake: { readonly share: number; readonly withinMs: Ms; readonly forMs: Ms } | null;
  readonly damping: { readonly maxMs: Ms; readonly quietMs: Ms } | null;
}

/** A target as the rules of the pool see it: one health a check. */
export interface Member {
  readonly target: Target;
  readonly health: readonly HealthState[];
  readonly override: Override | null;
}

/** What a pool remembers of one target. */
export interface TargetMemory {
  readonly up: boolean;
  readonly weight: number;
  readonly since: Ms;
  /** When the judged state fell from up, newest last (damping). */
  readonly flips: readonly Ms[];
  readonly address: string;
  readonly order: "drain" | "maint" | null;
  /** State of each check of `Memory.checks`, restored after a restart. */
  readonly states: readonly HealthState["state"][];
  readonly judged: HealthState["state"];
  readonly base: number;
  readonly rampFrom: Ms | null;
  readonly follows: string | null;
  readonly prior: { readonly up: boolean; readonly weight: number } | null;
}

/** What a pool remembers between decisions: plain JSON, kept in state_dir. */
export interface Memory {
  /** The agreed writer, since when, and the histories it goes on with, own one first. */
  readonly writer: string | null;
  readonly writerSince: Ms | null;
  readonly lineage: readonly string[];
  /** The writer that was last up: its `down` must be heard before another goes up. */
  readonly served: string | null;
  /** Since `served` went down: until when others wait, a time gone by once that was heard; null while it is up. */
  readonly handoverUntil: Ms | null;
  /** Replaced writers: out until seen as readers or named by a witness. */
  readonly ousted: readonly string[];
  /** The last majority of the Sentinels: whom they name, and when. */
  readonly agreement: { readonly says: string; readonly at: Ms; readonly by: string } | null;
  /** Since when the brake holds which verdicts. */
  readonly brakedSince: Ms | null;
  readonly held: Readonly<Record<string, { readonly up: boolean; readonly weight: number }>>;
  /** The brake ran out by time: it stays off until a reference answers again. */
  readonly brakeSpent: boolean;
  readonly kept: readonly string[];
  /** An unfit target that has been better for long enough takes a kept one's place. */
  readonly swap: { readonly out: string; readonly into: string } | null;
  /** Names HAProxy was told a weight below 100% of: every later `up` must say a percent, as weights stick there. */
  readonly weighed: readonly string[];
  /** Names of the checks, as they stand in `states`; left out: the checks of now, at the same places. */
  readonly checks?: readonly string[];
  readonly targets: Readonly<Record<string, TargetMemory>>;
}

/** All that decides a pool. */
export interface PoolInput {
  readonly pool: string;
  readonly now: Ms;
  readonly policy: PoolPolicy;
  readonly members: readonly Member[];
  readonly memory: Memory;
}

/** Something an operator must know; target null: the whole pool. */
export interface Alarm {
  readonly code: string;
  readonly text: string;
  readonly target: string | null;
}

/** The answer after one rule acted. */
export interface Step {
  readonly rule: "judge" | "weight" | "override" | "damping" | "floor" | "writer" | "fallback" | "brake";
  readonly state: "up" | "down";
  readonly weight: number;
  readonly note: string;
}

/** State, weight and reason of a target, ready to be told. */
export interface Verdict {
  readonly id: TargetId;
  readonly target: Target;
  readonly state: "up" | "down";
  readonly weight: number;
  readonly order: "drain" | "maint" | null;
  readonly reason: string;
  readonly since: Ms;
  readonly observedAt: Ms;
  /** Later it is no news: outlets hold; the agent repeats a down, and says nothing of an up. */
  readonly staleAt: Ms;
  /** In rule order; the last step is the verdict. */
  readonly chain: readonly Step[];
}

/** What the rules of a pool came to. */
export interface PoolDecision {
  readonly verdicts: readonly Verdict[];
  readonly alarms: readonly Alarm[];
  readonly memory: Memory;
  /** When time alone changes the answer: ramp, hold-down, hand-over, expiry. */
  readonly wakeAt: Ms | null;
}

/** The rules of a pool: pure over its input. */
export type Decide = (input: PoolInput) => PoolDecision;

/** Everything that can reach a pool; recorded as NDJSON and replayed through the same apply(). */
export type Input = { readonly at: Ms } & (
  | {
      readonly kind: "configured";
      readonly policy: PoolPolicy;
      readonly checks: readonly Policy[];
      /** Which check stands at each place: what one has found goes with it. Left out: the places stay as they were. */
      readonly names?: readonly string[];
    }
  /** complete: every source has answered once since start. */
  | { readonly kind: "listed"; readonly targets: readonly Target[]; readonly complete: boolean }
  | {
      readonly kind: "observed";
      readonly target: string;
      readonly check: number;
      readonly by: Trigger;
      readonly tookMs: Ms;
      readonly seen: Observation;
    }
  | { readonly kind: "ordered"; readonly target: string; readonly override: Override | null }
  /** HAProxy is known to have taken its `down`: ends a hand-over early. */
  | { readonly kind: "heard"; readonly target: string }
  | { readonly kind: "woken" }
);

/** One target of a pool as everybody sees it; verdict null: none yet. */
export interface Row {
  readonly target: Target;
  readonly health: readonly HealthState[];
  readonly override: Override | null;
  readonly verdict: Verdict | null;
}

/** A whole pool at one instant. */
export interface PoolView {
  readonly pool: string;
  readonly group: string | null;
  readonly revision: number;
  readonly policy: PoolPolicy;
  readonly checks: readonly Policy[];
  readonly rows: ReadonlyMap<string, Row>;
  readonly alarms: readonly Alarm[];
  readonly memory: Memory;
  /** False until every source and target has answered once since start: outlets look, and change nothing. */
  readonly settled: boolean;
}

/** The fold of a pool: no IO, no timer. */
export interface Pool {
  apply(input: Input): { readonly view: PoolView; readonly changed: readonly string[]; readonly wakeAt: Ms | null };
}

/** One line for HAProxy, with LF; `changes` false: a comment that changes nothing there. */
export interface AgentReply {
  readonly line: string;
  readonly bytes: Uint8Array;
  readonly changes: boolean;
}

/** The agent's line for a row; row null: unknown name. */
export type FormatReply = (row: Row | null, policy: PoolPolicy | null, now: Ms) => AgentReply;
