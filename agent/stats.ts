/** What the agent has done since the process started; for metrics. */
export interface AgentStats {
  /** Connections open now, over all ports. */
  readonly open: number;
  /** Polls for a known target. */
  readonly polls: number;
  /** Of these: answered from memory. */
  readonly atOnce: number;
  /** Of these: answered after a probe had settled. */
  readonly waited: number;
  /** Of these: answered from memory because `wait` was over before a probe had settled. */
  readonly overdue: number;
  /** Of these: the peer hung up before its answer. */
  readonly abandoned: number;
  /** Requests for a pool or target that is not there. */
  readonly unknownNames: number;
  /** Requests that name no `pool/target` at all, or none in time. */
  readonly malformed: number;
  /** Connections closed unanswered because `allow` does not name the peer. */
  readonly notAllowed: number;
  /** Connections closed unanswered because there were too many, in all or of that peer. */
  readonly overLimit: number;
  /** Connections closed because their deadline had passed. */
  readonly timedOut: number;
  /** Failed accepts and the like: too many open files, no memory. */
  readonly listenerErrors: number;
}

/** The same, for those who count. */
export type Counts = { -readonly [Name in keyof AgentStats]: AgentStats[Name] };

/** Counts of an agent that has done nothing yet. */
export const noCounts = (): Counts => ({
  open: 0,
  polls: 0,
  atOnce: 0,
  waited: 0,
  overdue: 0,
  abandoned: 0,
  unknownNames: 0,
  malformed: 0,
  notAllowed: 0,
  overLimit: 0,
  timedOut: 0,
  listenerErrors: 0,
});
