import fc from "fast-check";
import { formatReply } from "../../src/core/reply.ts";
import type { Claim, Memory, Ms, Observation, PoolPolicy, PoolView, Row, Target } from "../../src/core/types.ts";
import { Bench, claim, order, rules, seen, target } from "./build.ts";
import type { Event } from "./random-pool.ts";

const POLL_MS = 2000;
const all: readonly Target[] = ["a", "b", "c"].map((name) => target(name));
const addresses = all.map(({ host, port }) => `${host}:${port}`);

export const writerPolicies: fc.Arbitrary<PoolPolicy> = fc
  .record({ witness: fc.constantFrom("none", "prefer", "require"), flags: fc.nat(7) })
  .map(({ witness, flags }) =>
    rules({
      role: "writer",
      witness,
      haproxyWeight: flags & 1 ? 100 : null,
      rampMs: flags & 2 ? 5000 : 0,
      whenNoneFit: flags & 4 ? "none" : "all",
      unknownMs: 20_000,
    }),
  );

/** What a HAProxy has taken from its agent polls, server by server; every effect sticks until another is told. */
export class HaproxyModel {
  readonly servers = new Map(all.map(({ name }) => [name, { up: false, weight: 100 }]));

  /** Whether the line changed anything. */
  hear(name: string, line: string): boolean {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`no server ${name}`);
    const [words = ""] = line.split("#");
    const { up, weight } = server;
    if (words.includes("up")) server.up = true;
    if (words.includes("down")) server.up = false;
    const percent = /(\d+)%/.exec(words);
    if (percent !== null) server.weight = Number(percent[1]);
    return up !== server.up || weight !== server.weight;
  }

  serving(): string[] {
    return [...this.servers].filter(([, { up, weight }]) => up && weight > 0).map(([name]) => name);
  }
}

/** A writer pool that random events happen to while two HAProxies poll it, each at phases of its own. */
export class RandomWriter {
  bench: Bench;
  readonly policy: PoolPolicy;
  readonly haproxies = [new HaproxyModel(), new HaproxyModel()];
  readonly #phases: readonly number[];
  readonly #tellsHeard: boolean;
  readonly #lines = new WeakMap<Row, string>();
  #targets = all;
  #polledAt: number;

  constructor(policy: PoolPolicy, seed: number) {
    this.policy = policy;
    this.#phases = Array.from({ length: 6 }, (_, i) => ((seed >> i) * 397 * (i + 1)) % POLL_MS);
    this.#tellsHeard = seed % 3 > 0;
    this.bench = new Bench({ targets: all, policy });
    this.#polledAt = this.bench.now;
  }

  run(list: readonly Event[], look: (pool: RandomWriter) => void): void {
    for (const event of list) {
      this.#happen(event, () => look(this));
      look(this);
    }
  }

  /** One leads, the others follow it, and everybody agrees, for long enough. */
  heal(): void {
    this.bench.apply({ kind: "listed", targets: all, complete: true });
    for (const { name } of all) this.bench.apply({ kind: "ordered", target: name, override: null });
    const witness = { says: addresses[1] ?? "", votes: 3, of: 3 };
    for (let i = 0; i < 7; i++) {
      this.#pass(3000, () => {});
      for (const { name } of all) {
        const leads = name === "b";
        const role = leads ? claim("writer", { witness }) : claim("reader", { follows: addresses[1] ?? "", witness });
        this.bench.see(name, seen(leads ? "pass" : "fail", { claim: role }));
      }
    }
  }

  #happen([kind, who, amount]: Event, look: () => void): void {
    const name = all[who % 3]?.name ?? "a";
    if (kind === 0) this.#pass(amount * 100, look);
    else if (kind === 1) this.#order(name, amount);
    else if (kind === 2 && amount < 40) this.#list(amount);
    else if (kind === 3 && amount < 20) this.#restart();
    else if (kind < 5) this.#pass(amount * 20, look);
    else for (let i = 0; i < 1 + (amount % 3); i++) this.#see(name, this.#observation(who, amount), look);
  }

  #see(name: string, observation: Observation, look: () => void): void {
    this.#pass(250, look);
    this.bench.see(name, observation, observation.reason === "gone" ? "event" : "timer");
    look();
  }

  /** Time passes while HAProxies poll. */
  #pass(ms: number, look: () => void): void {
    const end = this.bench.now + ms;
    for (;;) {
      const due = Math.min(...this.#phases.map((phase) => nextPoll(this.#polledAt, phase)));
      if (due > end) break;
      if (due > this.bench.now) this.bench.pass(due - this.bench.now);
      this.#polledAt = due;
      const { revision } = this.bench.view;
      const polled = this.#phases.filter((phase, i) => (due - phase) % POLL_MS === 0 && this.#poll(i));
      if (polled.length > 0 || this.bench.view.revision !== revision) look();
    }
    this.bench.pass(end - this.bench.now);
  }

  #poll(index: number): boolean {
    const name = all[index % 3]?.name ?? "a";
    const { view, now } = this.bench;
    const line = this.#lineOf(view.rows.get(name) ?? null, view, now);
    const changed = this.haproxies[index < 3 ? 0 : 1]?.hear(name, line) ?? false;
    if (!this.#tellsHeard) return changed;
    const row = view.rows.get(name);
    const down =
      row?.verdict?.state === "down" && this.haproxies.every(({ servers }) => servers.get(name)?.up === false);
    if (down && view.memory.served === name) this.bench.apply({ kind: "heard", target: name });
    return changed;
  }

  /** The agent's line, made once a row as long as that is not stale. */
  #lineOf(row: Row | null, view: PoolView, now: Ms): string {
    const fresh = row !== null && now <= (row.verdict?.staleAt ?? now);
    const line = (fresh && this.#lines.get(row)) || formatReply(row, view.policy, now).line;
    if (fresh) this.#lines.set(row, line);
    return line;
  }

  #order(name: string, amount: number): void {
    const { now } = this.bench;
    const until = amount < 70 ? now + amount * 50 : null;
    const override = amount < 40 ? null : order(amount % 2 ? "drain" : "maint", until, now);
    this.bench.apply({ kind: "ordered", target: name, override });
  }

  #list(amount: number): void {
    this.#targets = all
      .filter((_, i) => amount & (1 << i))
      .map((one, i) => (i === 0 && amount > 30 ? { ...one, port: 9999 } : one));
    this.bench.apply({ kind: "listed", targets: this.#targets, complete: true });
  }

  #restart(): void {
    const memory: Memory = JSON.parse(JSON.stringify(this.bench.view.memory));
    this.bench = new Bench({ targets: this.#targets, policy: this.policy, memory, at: this.bench.now });
  }

  #observation(who: number, amount: number): Observation {
    const other = addresses[(who + 1 + (amount % 2)) % 3] ?? "";
    const term = amount > 80 ? amount : null;
    const says = addresses[amount % 5] ?? addresses[who % 3] ?? "";
    const witness: Claim["witness"] = amount % 4 < 2 ? null : { says, votes: 1 + (amount % 3), of: 3 };
    if (amount % 10 < 5) return seen("pass", { claim: claim("writer", { term, witness }) });
    if (amount % 10 < 7) return seen("fail", { claim: claim("reader", { follows: other, witness }) });
    if (amount % 10 === 7) return seen("fail", { reason: "gone" });
    return amount % 10 === 8 ? seen("unknown") : seen("warn", { claim: claim("writer", { witness }) });
  }
}

function nextPoll(after: number, phase: number): number {
  return Math.floor((after - phase) / POLL_MS) * POLL_MS + POLL_MS + phase;
}
