import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { asks, type Check } from "../../src/contract.ts";
import type { Input } from "../../src/core/types.ts";
import { createClock } from "../../src/engine/clock.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { checkOf, poolOf, ScriptedCheck, seen, settingsOf, target } from "./rig.ts";

type Observed = Extract<Input, { kind: "observed" }>;

interface Daemon {
  readonly engine: Engine;
  readonly observed: Observed[];
  readonly downs: string[];
}

const targets = Array.from({ length: 50 }, (_, i) => target(`t${i}`, i + 1));

async function daemon(check: Check, policy: Parameters<typeof checkOf>[1]): Promise<Daemon> {
  const observed: Observed[] = [];
  const downs: string[] = [];
  const engine = createEngine({
    clock: createClock((error) => downs.push(String(error))),
    log: () => {},
    stateDir: null,
    registry: () => {
      throw new Error("none");
    },
    observers: [
      {
        took: (_, input) => {
          if (input.kind === "observed") observed.push(input);
        },
        changed: (_, name, __, now) => {
          if (now?.state === "down") downs.push(`${name}: ${now.reason}`);
        },
      },
    ],
  });
  const script = new ScriptedCheck(() => 0);
  script.create = () => check;
  await engine.configure(settingsOf(poolOf("web", { checks: [checkOf(script, policy)], targets })));
  return { engine, observed, downs };
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it("takes no healthy target out however often its own process is stopped for a while", async () => {
  let answered = 0;
  const check = asks(async (_, signal) => {
    await sleep(20, undefined, { signal });
    answered += 1;
    return seen("pass");
  });
  const { engine, downs } = await daemon(check, { fall: 1, everyMs: 200, fastMs: 50, timeoutMs: 120 });
  for (let i = 0; i < 6; i++) {
    await sleep(97);
    block(300);
  }
  await sleep(400);
  await engine.stop(500);
  expect(answered).toBeGreaterThan(50);
  expect(downs).toEqual([]);
});

it("has a result of a plug-in that hears nothing at its deadline, and leaves no timer when it stops", async () => {
  const before = timers();
  let asked = 0;
  const deaf: Check = {
    open: () => ({
      ask: () => {
        asked += 1;
        return new Promise(() => {});
      },
      close: () => new Promise(() => {}),
    }),
    close: async () => {},
  };
  const { engine, observed } = await daemon(deaf, { everyMs: 100, fastMs: 50, timeoutMs: 60 });
  await sleep(900);
  await engine.stop(100);
  const byDeadline = observed.filter(({ seen: { facts } }) => facts.timedOut === true);
  expect(byDeadline.length).toBeGreaterThan(20);
  expect(Math.min(...byDeadline.map(({ tookMs }) => tookMs))).toBeGreaterThanOrEqual(59);
  // A busy machine may be late itself, so only the quicker quarter is held to the 50 ms.
  const took = byDeadline.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  expect(took[Math.floor(took.length / 4)]).toBeLessThan(60 + 50);
  expect(asked).toBeLessThanOrEqual(3 * targets.length);
  await sleep(50);
  expect(timers()).toBeLessThanOrEqual(before);
});

it("keeps nothing of a thousand questions that were answered, refused or timed out", async () => {
  let turn = 0;
  const check = asks((_, signal) => {
    turn += 1;
    if (turn % 3 === 0) return Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
    if (turn % 7 === 0) return sleep(10_000, seen("pass"), { signal });
    return Promise.resolve(seen("pass"));
  });
  const before = timers();
  const { engine, observed } = await daemon(check, { everyMs: 40, fastMs: 40, timeoutMs: 20 });
  await sleep(1500);
  await engine.stop(500);
  expect(observed.length).toBeGreaterThan(300);
  await sleep(50);
  expect(timers()).toBeLessThanOrEqual(before);
});
