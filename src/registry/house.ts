import { setMaxListeners } from "node:events";
import type { Configured } from "../config/settings.ts";
import type { Env, Op, Registry, RegistryKind, RegistryReader, Session, Snapshot } from "../contract.ts";
import { RegistryError } from "../errors.ts";
import { dryRegistry } from "./dry.ts";

/** All registries of the configuration, opened when first used; users keep theirs over a reload that changes its address. */
export interface RegistryHouse {
  get(name: string): Registry;
  /** From now on these are configured; what changed is closed, and opened anew when it is next used. */
  use(registries: ReadonlyMap<string, Configured<RegistryKind>>): void;
  close(): Promise<void>;
}

/** Whether a driver can write, or only be read. */
const writes = (driver: RegistryReader | Registry): driver is Registry => "commit" in driver;

/** Every read that waits for news listens to it: that is no leak, however many there are. */
function heardByMany(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** One name of the configuration: stays the same object whatever driver stands behind it. */
class NamedRegistry implements Registry {
  readonly #name: string;
  readonly #open: (configured: Configured<RegistryKind>) => RegistryReader | Registry;
  #configured: Configured<RegistryKind> | null = null;
  #driver: RegistryReader | Registry | null = null;
  #replaced = heardByMany();

  constructor(name: string, open: (configured: Configured<RegistryKind>) => RegistryReader | Registry) {
    this.#name = name;
    this.#open = open;
  }

  use(configured: Configured<RegistryKind> | null): void {
    if (configured?.key === this.#configured?.key) return;
    this.#configured = configured;
    const old = this.#driver;
    this.#driver = null;
    this.#replaced.abort(new RegistryError("unreachable", `registry ${this.#name} is configured anew`));
    this.#replaced = heardByMany();
    void old?.close();
  }

  get #current(): RegistryReader | Registry {
    if (this.#configured === null) throw new RegistryError("refused", `there is no registry ${this.#name}`);
    this.#driver ??= this.#open(this.#configured);
    return this.#driver;
  }

  get #writable(): Registry {
    const driver = this.#current;
    if (!writes(driver)) throw new RegistryError("refused", `registry ${this.#name} can only be read`);
    return driver;
  }

  get maxOps(): number {
    return this.#writable.maxOps;
  }

  get services(): Registry["services"] {
    const driver = this.#current;
    return writes(driver) ? driver.services : null;
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    const driver = this.#current;
    const replaced = this.#replaced.signal;
    const ended = new AbortController();
    const stop = (): void => ended.abort(signal.aborted ? signal.reason : replaced.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    replaced.addEventListener("abort", stop, { once: true });
    try {
      return await driver.read(prefix, after, ended.signal);
    } finally {
      signal.removeEventListener("abort", stop);
      replaced.removeEventListener("abort", stop);
    }
  }

  async commit(ops: readonly Op[], signal: AbortSignal): Promise<{ readonly conflicts: readonly string[] }> {
    return this.#writable.commit(ops, signal);
  }

  async session(ttlMs: number, signal: AbortSignal): Promise<Session> {
    return this.#writable.session(ttlMs, signal);
  }

  async close(): Promise<void> {
    this.#replaced.abort(new RegistryError("unreachable", `registry ${this.#name} is closed`));
    await this.#driver?.close();
    this.#driver = null;
  }
}

/** Makes the house; `dryRun`: writes are logged and not made. */
export function registryHouse(env: Omit<Env, "registry">, dryRun: boolean): RegistryHouse {
  const named = new Map<string, NamedRegistry>();
  const get = (name: string): NamedRegistry => {
    const known = named.get(name);
    if (known !== undefined) return known;
    const open = ({ kind, options }: Configured<RegistryKind>): RegistryReader | Registry => {
      const driver = kind.create(options, { ...env, registry: get });
      return dryRun && writes(driver) ? dryRegistry(driver, name, env.log) : driver;
    };
    const made = new NamedRegistry(name, open);
    named.set(name, made);
    return made;
  };
  return {
    get,
    use(registries) {
      for (const name of new Set([...named.keys(), ...registries.keys()])) get(name).use(registries.get(name) ?? null);
    },
    async close() {
      await Promise.all([...named.values()].map((each) => each.close()));
    },
  };
}
