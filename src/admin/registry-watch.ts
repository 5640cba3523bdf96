import type { Clock, Registry, Snapshot } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError, RegistryError } from "../errors.ts";

/** How a registry was met last. */
export interface RegistryState {
  readonly name: string;
  /** unused: nobody has asked it for anything yet; stale: it answers, and does not vouch for what it says. */
  readonly state: "unused" | "reached" | "stale" | RegistryError["kind"];
  /** When this state began. */
  readonly since: Ms;
  /** When it answered last. */
  readonly answeredAt: Ms | null;
  readonly error: string | null;
  readonly answers: number;
  readonly failures: number;
}

/** Registries as everybody uses them, and how they were met. */
export interface WatchedRegistries {
  get(name: string): Registry;
  states(): readonly RegistryState[];
}

/** Looks on while registries are used: whether they answer is known to those who ask anyway. */
export function watchRegistries(get: (name: string) => Registry, clock: Clock): WatchedRegistries {
  const watched = new Map<string, Watched>();
  return {
    get(name) {
      const known = watched.get(name);
      if (known !== undefined) return known;
      const made = new Watched(name, get(name), clock);
      watched.set(name, made);
      return made;
    },
    states: () => [...watched.values()].map(({ met }) => met),
  };
}

class Watched implements Registry {
  readonly #real: Registry;
  readonly #clock: Clock;
  #met: RegistryState;

  constructor(name: string, real: Registry, clock: Clock) {
    this.#real = real;
    this.#clock = clock;
    const since = clock.now();
    this.#met = { name, state: "unused", since, answeredAt: null, error: null, answers: 0, failures: 0 };
  }

  get met(): RegistryState {
    return this.#met;
  }

  get maxOps(): number {
    return this.#real.maxOps;
  }

  get services(): Registry["services"] {
    const { services } = this.#real;
    if (services === null) return null;
    return {
      tell: (service, passing, note, signal) => this.#noted(services.tell(service, passing, note, signal), signal),
      remove: (id, signal) => this.#noted(services.remove(id, signal), signal),
      read: (name, after, signal) => this.#noted(services.read(name, after, signal), signal),
    };
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    const snapshot = await this.#noted(this.#real.read(prefix, after, signal), signal);
    if (!snapshot.fresh) this.#meet("stale", "it has no leader and answers from an old copy");
    return snapshot;
  }

  commit(...args: Parameters<Registry["commit"]>): ReturnType<Registry["commit"]> {
    return this.#noted(this.#real.commit(...args), args[1]);
  }

  session(...args: Parameters<Registry["session"]>): ReturnType<Registry["session"]> {
    return this.#noted(this.#real.session(...args), args[1]);
  }

  close(): Promise<void> {
    return this.#real.close();
  }

  async #noted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      const came = await answer;
      this.#meet("reached", null);
      return came;
    } catch (error) {
      // A question that was given up says nothing about the registry.
      if (!signal.aborted)
        this.#meet(error instanceof RegistryError ? error.kind : "unreachable", describeError(error));
      throw error;
    }
  }

  #meet(state: RegistryState["state"], error: string | null): void {
    const was = this.#met;
    const now = this.#clock.now();
    this.#met = {
      ...was,
      ...{ state, error },
      since: was.state === state ? was.since : now,
      answeredAt: state === "reached" ? now : was.answeredAt,
      answers: was.answers + (state === "reached" ? 1 : 0),
      failures: was.failures + (state === "reached" ? 0 : 1),
    };
  }
}
