import type { Board, Clock, Ms, PoolPolicy, Prober, Row, TargetId } from "../src/index.ts";
import { Answers } from "./answers.ts";
import { isAging, isSettled, pollWait } from "./poll.ts";
import { habitOf, type Poller, Pollers } from "./pollers.ts";
import type { Asked } from "./request.ts";
import type { Counts } from "./stats.ts";

/** Takes the row that a poll is answered by; null: there is no such target. */
export type Answer = (row: Row | null, policy: PoolPolicy | null, now: Ms) => void;

/** A poll that waits for its answer. */
export interface Waiting {
  /** Longest time until it is answered. */
  readonly forMs: Ms;
  /** The peer is gone: no answer is made. */
  hungUp(): void;
  /** Answers now, from memory. */
  hurry(): void;
}

/** What polls are answered from, and who is told what they show. */
export interface PollsGiven {
  readonly board: Board;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly counts: Counts;
  /** Everybody who polled in the last minute was told of the `down` of this target; not before all of them can be known. */
  readonly heard: (id: TargetId) => void;
  readonly unknownName: (asked: Asked, peer: string) => void;
  readonly impatient: (asked: Asked, peer: string, heldMs: Ms) => void;
}

interface Poll {
  readonly asked: Asked;
  readonly pollers: Pollers;
  readonly poller: Poller;
  readonly peer: string;
  readonly since: Ms;
  readonly answer: Answer;
}

const PRUNE_FROM = 256;
/** After so long all who poll have shown up: HAProxy does every 2 s unless told otherwise, and those that a restart turned away come again. */
export const MEET_MS: Ms = 5000;
const ignore = (): void => {};

/** Answers polls from the board; has what is old probed, and waits for that as long as the peer can be expected to. */
export class Polls {
  readonly #given: PollsGiven;
  readonly #rows = new Map<TargetId, Pollers>();
  /** What was told, by pool. */
  readonly answers = new Answers();
  #pruneAt = PRUNE_FROM;
  /** From then on everybody who polls is known. */
  readonly #metAt: Ms;

  constructor(given: PollsGiven) {
    this.#given = given;
    this.#metAt = given.clock.now() + MEET_MS;
  }

  /** Calls `answer` at once and gives null, or gives the poll that waits. */
  take(asked: Asked, peer: string, answer: Answer): Waiting | null {
    const { board, prober, clock, counts } = this.#given;
    const now = clock.now();
    const view = board.pool(asked.pool);
    const row = view?.rows.get(asked.target);
    if (view === null || row === undefined) {
      this.#given.unknownName(asked, peer);
      answer(null, null, now);
      return null;
    }
    counts.polls++;
    const pollers = this.#pollersOf(asked.id, now);
    const poller = pollers.polled(peer, now);
    const poll = { asked, pollers, poller, peer, since: now, answer };
    if (!isSettled(row, view.checks, now)) {
      const settled = prober.refresh(asked.id, "poll").catch(ignore);
      const forMs = pollWait(row, view.checks, habitOf(poller, now));
      if (forMs > 0) return this.#wait(poll, settled, forMs);
    } else if (isAging(row, view.checks, now)) {
      void prober.refresh(asked.id, "poll").catch(ignore);
    }
    counts.atOnce++;
    this.#tell(poll, row, view.policy, now);
    return null;
  }

  /** Peers that are answered at once because they hung up on late answers, with the target they polled. */
  impatient(): readonly { readonly id: TargetId; readonly peer: string }[] {
    const now = this.#given.clock.now();
    return [...this.#rows].flatMap(([id, pollers]) => pollers.impatient(now).map((peer) => ({ id, peer })));
  }

  /** So many HAProxies were seen to have the target down: those that poll besides must have been told. */
  shown(id: TargetId, haproxies: number): void {
    const now = this.#given.clock.now();
    const verdict = this.#given.board.get(id)?.verdict ?? null;
    const others =
      this.#rows.get(id)?.untold(verdict?.state === "down" ? verdict.since : null, haproxies, now) ?? false;
    if (!others) this.#given.heard(id);
  }

  /** Targets whose pollers are remembered. */
  get size(): number {
    return this.#rows.size;
  }

  #wait(poll: Poll, settled: Promise<void>, forMs: Ms): Waiting {
    const { counts } = this.#given;
    let over = false;
    const end = (how: "waited" | "overdue" | "abandoned"): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      counts[how]++;
      if (how === "abandoned") this.#hungUp(poll);
      else this.#tellNewest(poll);
    };
    const timer = setTimeout(() => end("overdue"), forMs);
    settled.then(() => end("waited"), ignore);
    return { forMs, hungUp: () => end("abandoned"), hurry: () => end("overdue") };
  }

  #hungUp({ pollers, poller, asked, peer, since }: Poll): void {
    const now = this.#given.clock.now();
    if (pollers.hungUp(poller, now - since, now)) this.#given.impatient(asked, peer, now - since);
  }

  #tellNewest(poll: Poll): void {
    const now = this.#given.clock.now();
    const view = this.#given.board.pool(poll.asked.pool);
    const row = view?.rows.get(poll.asked.target);
    if (view === null || row === undefined) poll.answer(null, null, now);
    else this.#tell(poll, row, view.policy, now);
  }

  #tell(poll: Poll, row: Row, policy: PoolPolicy, now: Ms): void {
    poll.answer(row, policy, now);
    this.answers.count(poll.asked.pool, row, now);
    const down = row.verdict?.state === "down" ? row.verdict.since : null;
    if (poll.pollers.answered(poll.poller, down, now, now >= this.#metAt)) this.#given.heard(poll.asked.id);
  }

  #pollersOf(id: TargetId, now: Ms): Pollers {
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    if (this.#rows.size >= this.#pruneAt) this.#prune(now);
    const made = new Pollers();
    this.#rows.set(id, made);
    return made;
  }

  #prune(now: Ms): void {
    for (const [id, pollers] of this.#rows) if (pollers.isIdle(now)) this.#rows.delete(id);
    this.#pruneAt = Math.max(PRUNE_FROM, this.#rows.size * 2);
  }
}
