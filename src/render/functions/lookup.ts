import { setMaxListeners } from "node:events";
import type { Clock } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";
import { withDeadline } from "../../engine/deadline.ts";
import { createNames, type NameService, type Service } from "./name-service.ts";

/** What looking up names may cost. */
export interface LookupOptions {
  readonly clock: Clock;
  readonly names?: NameService;
  /** Longest wait for one name; default 5000. */
  readonly timeoutMs?: Ms;
  /** Names one render may look up; default 1000. */
  readonly maxNames?: number;
}

type Question = { readonly kind: "address" | "service"; readonly name: string };

const AT_ONCE = 20;
// Shown while the answer is not known yet: the output is thrown away, but templates that take the first address must go on.
const UNKNOWN_ADDRESSES = ["0.0.0.0", "::"];
const UNKNOWN_SERVICES: readonly Service[] = [{ target: ".", port: 0, priority: 0, weight: 0 }];

/** The name service for functions that cannot wait: what they ask for is noted, looked up by `resolve`, and known next time. */
export class Lookups {
  readonly #options: Required<LookupOptions>;
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #services = new Map<string, readonly Service[]>();
  readonly #pending = new Map<string, Question>();

  constructor(options: LookupOptions) {
    this.#options = { names: createNames(), timeoutMs: 5000, maxNames: 1000, ...options };
  }

  /** The addresses of a name, none when it has none; a stand-in until `resolve` has run. */
  addresses(name: string): readonly string[] {
    return this.#addresses.get(name) ?? this.#ask({ kind: "address", name }, UNKNOWN_ADDRESSES);
  }

  /** The SRV records under a full name; a stand-in until `resolve` has run. */
  services(name: string): readonly Service[] {
    return this.#services.get(name) ?? this.#ask({ kind: "service", name }, UNKNOWN_SERVICES);
  }

  /** True when something was asked for that is not known yet. */
  get pending(): boolean {
    return this.#pending.size > 0;
  }

  /** Looks up all that was asked for. A name without answer has none; only the signal makes this fail. */
  async resolve(signal: AbortSignal): Promise<void> {
    // Each question in flight listens to the signal: that is no leak.
    setMaxListeners(0, signal);
    const questions = [...this.#pending.values()];
    this.#pending.clear();
    for (let i = 0; i < questions.length; i += AT_ONCE) {
      await Promise.all(questions.slice(i, i + AT_ONCE).map((question) => this.#answer(question, signal)));
    }
  }

  #ask<T>(question: Question, otherwise: T): T {
    const known = this.#addresses.size + this.#services.size + this.#pending.size;
    if (known < this.#options.maxNames) this.#pending.set(`${question.kind} ${question.name}`, question);
    return known < this.#options.maxNames ? otherwise : tooMany(this.#options.maxNames);
  }

  async #answer({ kind, name }: Question, signal: AbortSignal): Promise<void> {
    const { names } = this.#options;
    if (kind === "address")
      this.#addresses.set(name, await this.#within(signal, (inner) => names.addresses(name, inner)));
    else this.#services.set(name, await this.#within(signal, (inner) => names.services(name, inner)));
  }

  async #within<T>(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await withDeadline(this.#options.clock, this.#options.timeoutMs, signal, ask);
    } catch {
      signal.throwIfAborted();
      return [];
    }
  }
}

function tooMany(count: number): never {
  throw new Error(`more than ${count} names to look up`);
}

const ROUNDS = 100;

/** Runs a render as often as it asks for names that are not known yet, each time knowing more. */
export async function withLookups<T>(lookups: Lookups, render: () => T, signal: AbortSignal): Promise<T> {
  for (let round = 0; round < ROUNDS; round++) {
    const attempt = attempted(render);
    if (!lookups.pending) return attempt();
    await lookups.resolve(signal);
  }
  throw new Error(`names lead to other names more than ${ROUNDS} times`);
}

// A render that did not know all names may fail for that reason alone: its error counts only when nothing was asked for.
function attempted<T>(render: () => T): () => T {
  try {
    const result = render();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
