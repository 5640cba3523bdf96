import type { Ms } from "../src/index.ts";
import type { PeerHabit } from "./poll.ts";

const GAPS = 8;
/** A longer silence says nothing about how often a peer polls: what was known of it is forgotten. */
const FORGET_GAPS_MS: Ms = 60_000;
const IMPATIENT_MS: Ms = 600_000;
/** A connection that is found closed so soon was given up before it was accepted (we were stalled): not a hang-up. */
const HELD_MS: Ms = 20;
const MOST_POLLERS = 64;

/** One peer that polls one target. */
export interface Poller {
  /** Its last poll, or our last answer to it. */
  lastAt: Ms;
  readonly gaps: Ms[];
  next: number;
  impatientUntil: Ms;
  /** `since` of the `down` it was last told; null: it was told something else. */
  toldDown: Ms | null;
}

/** Who polls one target: how often, how patiently, and what each was told last. */
export class Pollers {
  readonly #peers = new Map<string, Poller>();
  #heardDown: Ms | null = null;

  /** Notes a poll and gives the peer's record. */
  polled(peer: string, now: Ms): Poller {
    const known = this.#peers.get(peer);
    if (known === undefined) return this.#add(peer, now);
    const gap = now - known.lastAt;
    if (gap > FORGET_GAPS_MS) {
      known.gaps.length = 0;
      known.next = 0;
    } else {
      known.gaps[known.next] = gap;
      known.next = (known.next + 1) % GAPS;
    }
    known.lastAt = now;
    return known;
  }

  /** Notes an answer; true when with it everybody who polled in the last minute was told of this `down`, the first time. */
  answered(poller: Poller, down: Ms | null, now: Ms, allKnown: boolean): boolean {
    poller.lastAt = now;
    poller.toldDown = down;
    if (!allKnown || down === null || this.#heardDown === down) return false;
    for (const each of this.#peers.values())
      if (each.toldDown !== down && now - each.lastAt <= FORGET_GAPS_MS) return false;
    this.#heardDown = down;
    return true;
  }

  /** Whether more than so many polled in the last minute, and one of them was not told of this `down`. */
  untold(down: Ms | null, haproxies: number, now: Ms): boolean {
    const recent = [...this.#peers.values()].filter((each) => now - each.lastAt <= FORGET_GAPS_MS);
    return recent.length > haproxies && recent.some((each) => each.toldDown !== down);
  }

  /** Notes that the peer went away unanswered; true when it is held against it. */
  hungUp(poller: Poller, heldMs: Ms, now: Ms): boolean {
    if (heldMs < HELD_MS) return false;
    poller.impatientUntil = now + IMPATIENT_MS;
    return true;
  }

  /** Peers that are answered at once because they hung up. */
  impatient(now: Ms): string[] {
    return [...this.#peers].filter(([, poller]) => now < poller.impatientUntil).map(([peer]) => peer);
  }

  /** Nobody has polled for so long that nothing here is worth keeping. */
  isIdle(now: Ms): boolean {
    for (const { lastAt } of this.#peers.values()) if (now - lastAt < IMPATIENT_MS) return false;
    return true;
  }

  #add(peer: string, now: Ms): Poller {
    if (this.#peers.size >= MOST_POLLERS) this.#dropOldest();
    const poller: Poller = { lastAt: now, gaps: [], next: 0, impatientUntil: 0, toldDown: null };
    this.#peers.set(peer, poller);
    return poller;
  }

  #dropOldest(): void {
    let oldest: string | null = null;
    let at = Number.POSITIVE_INFINITY;
    for (const [peer, { lastAt }] of this.#peers) {
      if (lastAt >= at) continue;
      oldest = peer;
      at = lastAt;
    }
    if (oldest !== null) this.#peers.delete(oldest);
  }
}

/** What a poll may be planned by. */
export const habitOf = (poller: Poller, now: Ms): PeerHabit => ({
  shortestGapMs: poller.gaps.length === 0 ? null : Math.min(...poller.gaps),
  impatient: now < poller.impatientUntil,
});
