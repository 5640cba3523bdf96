import type { Ms } from "../../core/types.ts";

const BURST = 500;
const PER_SECOND = 100;
const MOST_PEERS = 10_000;

interface Bucket {
  tokens: number;
  at: Ms;
}

/** So many requests of one peer at once, so many a second in the long run. */
export class Rate {
  readonly #peers = new Map<string, Bucket>();

  /** Takes `cost` from what the peer has left; false when that is too little. */
  take(peer: string, now: Ms, cost = 1): boolean {
    const bucket = this.#peers.get(peer) ?? this.#newPeer(peer, now);
    bucket.tokens = Math.min(BURST, bucket.tokens + ((now - bucket.at) / 1000) * PER_SECOND);
    bucket.at = now;
    if (bucket.tokens < cost) return false;
    bucket.tokens -= cost;
    return true;
  }

  /** Peers that are remembered. */
  get size(): number {
    return this.#peers.size;
  }

  #newPeer(peer: string, now: Ms): Bucket {
    if (this.#peers.size >= MOST_PEERS) this.#forget(now);
    const made = { tokens: BURST, at: now };
    this.#peers.set(peer, made);
    return made;
  }

  /** Forgets those who have everything again; when that is nobody, the one that is known longest. */
  #forget(now: Ms): void {
    for (const [peer, { tokens, at }] of this.#peers)
      if (tokens + ((now - at) / 1000) * PER_SECOND >= BURST) this.#peers.delete(peer);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size >= MOST_PEERS && oldest !== undefined) this.#peers.delete(oldest);
  }
}
