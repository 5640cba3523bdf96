import { setTimeout as sleep } from "node:timers/promises";
import type { CheckSettings, Configured, PoolSettings, Settings } from "../../src/config/settings.ts";
import type { Check, Log, Membership, Source, SourceEnv, SourceKind } from "../../src/contract.ts";
import { defineChecker, defineSource } from "../../src/contract.ts";
import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import type { Observation, Policy, PoolPolicy, Target } from "../../src/core/types.ts";
import { createEngine, type Engine, type EngineGiven } from "../../src/engine/engine.ts";
import { z } from "../../src/index.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

/** An observation with the given outcome. */
export const seen = (outcome: Observation["outcome"], reason: string = outcome): Observation => ({
  outcome,
  reason,
  facts: {},
  weight: null,
  claim: null,
});

/** A member by name; its port is made of the name unless it is given. */
export const target = (
  name: string,
  port = 1000 + [...name].reduce((sum, char) => sum + char.charCodeAt(0), 0),
): Target => ({
  name,
  host: "10.0.0.1",
  port,
  meta: {},
  part: "member",
});

/** A question that a test answers when it likes. */
export interface Question {
  readonly target: string;
  readonly at: number;
  readonly signal: AbortSignal;
  answer(outcome: Observation["outcome"], reason?: string): void;
  fail(error: Error): void;
}

/** A checker that does what a test says and remembers what was done to it. */
export class ScriptedCheck {
  readonly asked: Question[] = [];
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  checksClosed = 0;
  /** The most questions that were open at once for one target. */
  overlap = 0;
  /** What is answered at once; null: the test answers. */
  reply: ((target: Target) => Observation | null) | null = () => seen("pass");
  readonly hints = new Map<string, (why: string) => void>();
  readonly #open = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  create(): Check {
    return {
      open: (opened, hint) => {
        this.opened.push(opened.name);
        this.hints.set(opened.name, hint);
        return {
          ask: (signal) => this.#ask(opened, signal),
          close: async () => void this.closed.push(opened.name),
        };
      },
      close: async () => {
        this.checksClosed += 1;
      },
    };
  }

  /** Times of the questions about one target, from the first. */
  times(name: string): readonly number[] {
    const all = this.asked.filter((question) => question.target === name).map(({ at }) => at);
    return all.map((at) => at - (all[0] ?? 0));
  }

  last(name: string): Question {
    const found = this.asked.findLast((question) => question.target === name);
    if (found === undefined) throw new Error(`${name} was not asked`);
    return found;
  }

  async #ask({ name, ...rest }: Target, signal: AbortSignal): Promise<Observation> {
    const count = (this.#open.get(name) ?? 0) + 1;
    this.#open.set(name, count);
    this.overlap = Math.max(this.overlap, count);
    try {
      return await new Promise<Observation>((done, fail) => {
        const answer: Question["answer"] = (outcome, reason) => done(seen(outcome, reason));
        this.asked.push({ target: name, at: this.#now(), signal, answer, fail });
        const reply = this.reply?.({ name, ...rest }) ?? null;
        if (reply !== null) done(reply);
        signal.addEventListener("abort", () => fail(signal.reason), { once: true });
      });
    } finally {
      this.#open.set(name, (this.#open.get(name) ?? 1) - 1);
    }
  }
}

/** A source whose list a test gives. */
export class ScriptedSource {
  list: () => Promise<Membership> | Membership = () => ({ targets: [], refused: [] });
  everyMs: number | null = null;
  asked = 0;
  closed = 0;
  env: SourceEnv | null = null;

  /** From now on it names these. */
  names(...targets: readonly Target[]): void {
    this.list = () => ({ targets, refused: [] });
  }

  create(env: SourceEnv): Source {
    this.env = env;
    return {
      everyMs: this.everyMs,
      list: async () => {
        this.asked += 1;
        return this.list();
      },
      close: async () => {
        this.closed += 1;
      },
    };
  }
}

/** Settings of one scripted check. */
export function checkOf(script: ScriptedCheck, policy: Partial<Policy> = {}, key = "scripted"): CheckSettings {
  const kind = defineChecker({
    name: "scripted",
    summary: "does what a test says",
    options: z.strictObject({}),
    facts: {},
    create: () => script.create(),
  });
  return { kind, options: {}, key, policy: { ...defaultPolicy, ...policy } };
}

/** Settings of one scripted source. */
export function sourceOf(script: ScriptedSource, key = "scripted"): Configured<SourceKind> {
  const kind = defineSource({
    name: "scripted",
    summary: "names what a test says",
    options: z.strictObject({}),
    facts: {},
    create: (_, env) => script.create(env),
  });
  return { kind, options: {}, key };
}

let made = 0;

/** Settings of one pool; a key of its own each time, as if something had changed. */
export function poolOf(
  name: string,
  more: Partial<Omit<PoolSettings, "policy">> & { policy?: Partial<PoolPolicy> },
): PoolSettings {
  made += 1;
  return {
    name,
    group: null,
    checks: [],
    targets: [],
    sources: [],
    nameTemplate: "{host}-{port}",
    shrinkGuard: { share: 0.5, forMs: 600_000 },
    onExit: "keep",
    outlets: [],
    ...more,
    key: `pool ${made}`,
    policy: { ...defaultPoolPolicy, ...more.policy },
  };
}

/** Settings with pools alone. */
export const settingsOf = (...pools: readonly PoolSettings[]): Settings => ({
  file: "test.yaml",
  admin: null,
  stateDir: null,
  registries: new Map(),
  pools,
  agent: { listen: [], http: [], allow: [], maxConnections: 1, maxPerPeer: 1, timeoutMs: 1000, ports: [] },
  render: [],
  record: null,
  overrides: null,
  haproxy: [],
  warnings: [],
});

/** An engine on a fake clock. */
export interface Rig {
  readonly clock: FakeClock;
  readonly engine: Engine;
  readonly check: ScriptedCheck;
  readonly source: ScriptedSource;
  readonly lines: string[];
  state(id: `${string}/${string}`): string | null;
  stop(): Promise<void>;
}

/** Makes an engine with a scripted check and a scripted source to be configured. */
export function rig(more: Partial<EngineGiven> & { readonly fake?: FakeClock } = {}): Rig {
  const clock = more.fake ?? createFakeClock();
  const lines: string[] = [];
  const log: Log = (level, text, fields) => void lines.push(`${level} ${text} ${JSON.stringify(fields ?? {})}`);
  const registry = (name: string): never => {
    throw new Error(`no registry ${name}`);
  };
  const engine = createEngine({ clock, log, stateDir: null, registry, observers: [], ...more });
  const check = new ScriptedCheck(() => clock.now());
  return {
    clock,
    engine,
    check,
    source: new ScriptedSource(),
    lines,
    state: (id) => engine.board.get(id)?.verdict?.state ?? null,
    async stop() {
      let stopped = false;
      const done = engine.stop(1500).finally(() => {
        stopped = true;
      });
      // Files are written in real time, deadlines pass in that of the clock.
      for (let turn = 0; !stopped; turn++) {
        await sleep(turn < 20 ? 1 : 10);
        if (turn >= 20) await clock.advance(100);
      }
      await done;
      await clock.advance(100); // the last beat of the loop watch
    },
  };
}
