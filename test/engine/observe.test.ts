import { expect, it } from "vitest";
import type { Probe } from "../../src/contract.ts";
import type { Observation } from "../../src/core/types.ts";
import { createLoopWatch } from "../../src/engine/loop-watch.ts";
import { Question } from "../../src/engine/observe.ts";
import { OwnFault } from "../../src/errors.ts";
import { breathe, createFakeClock, type FakeClock } from "./fake-clock.ts";

const pass: Observation = { outcome: "pass", reason: "fine", facts: {}, weight: null, claim: null };

interface Seen {
  readonly clock: FakeClock;
  readonly asked: Question;
  readonly told: Observation[];
  readonly stalls: number[];
}

function ask(run: Probe["ask"], timeoutMs = 1000): Seen {
  const clock = createFakeClock();
  const stalls: number[] = [];
  const watch = createLoopWatch(clock, (ms) => stalls.push(ms));
  const told: Observation[] = [];
  const probe: Probe = { ask: run, close: async () => {} };
  const asked = new Question(clock, watch, (seen) => told.push(seen));
  asked.put(probe, timeoutMs);
  return { clock, asked, told, stalls };
}

const coded = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`connect ${code} 10.0.0.1:80`), { code, ...more });

it("tells what the probe saw, once, and leaves no timer", async () => {
  const { told, clock, asked } = ask(async () => pass);
  expect(told).toEqual([]);
  await breathe();
  expect(told).toEqual([pass]);
  expect(asked.ended).toBe(true);
  await clock.advance(5000);
  expect(told).toHaveLength(1);
  expect(clock.waiting()).toBe(0);
});

it.each([
  ["a refused connection", coded("ECONNREFUSED"), "fail"],
  ["an unreachable host", coded("EHOSTUNREACH"), "fail"],
  ["a name that never was", coded("ENOTFOUND"), "fail"],
  ["something else", new Error("odd answer"), "fail"],
  ["credentials of ours", new OwnFault("access denied for user monitor"), "unknown"],
  ["such a fault below another error", new Error("login", { cause: new OwnFault("denied") }), "unknown"],
  ["no descriptor left", coded("EMFILE"), "unknown"],
  ["no local port left", coded("EADDRNOTAVAIL"), "unknown"],
  ["no route of ours", coded("ENETUNREACH"), "unknown"],
  ["a name server that does not answer", coded("EAI_AGAIN"), "unknown"],
  ["a fork that failed", coded("EAGAIN", { syscall: "spawn" }), "unknown"],
  ["the same as cause", new Error("not asked", { cause: coded("EMFILE") }), "unknown"],
  ["all addresses out of our reach", new AggregateError([coded("ENETUNREACH"), coded("ENETUNREACH")]), "unknown"],
  ["one of two addresses that refused", new AggregateError([coded("ENETUNREACH"), coded("ECONNREFUSED")]), "fail"],
])("takes %s for what it is", async (_, error, outcome) => {
  const { told } = ask(async () => Promise.reject(error));
  await breathe();
  expect(told).toMatchObject([{ outcome }]);
  expect(told[0]?.facts.timedOut).toBeUndefined();
});

it("takes a name that is lost but was found before for a fault of the name server", async () => {
  const { told, asked } = ask(async () => pass);
  await breathe();
  asked.put({ ask: async () => Promise.reject(coded("ENOTFOUND")), close: async () => {} }, 1000);
  await breathe();
  expect(told).toMatchObject([{ outcome: "pass" }, { outcome: "unknown" }]);
});

it("takes a checker that throws before it gives a promise like one that fails", async () => {
  const { told, clock } = ask(() => {
    throw new Error("not even begun");
  });
  expect(told).toEqual([]);
  await breathe();
  expect(told).toMatchObject([{ outcome: "fail", reason: "not even begun" }]);
  expect(clock.waiting()).toBe(1); // the beat of the loop watch, which ends by itself
  await clock.advance(100);
  expect(clock.waiting()).toBe(0);
});

it.each([
  ["nothing", undefined],
  ["no outcome of ours", { ...pass, outcome: "good" }],
  ["no reason", { ...pass, reason: 7 }],
])("takes a plug-in that gives %s for a fault of our own", async (_, given) => {
  const { told } = ask(async () => JSON.parse(JSON.stringify({ given })).given);
  await breathe();
  expect(told).toMatchObject([{ outcome: "unknown", reason: "the checker gave no observation" }]);
});

it("makes one short line of any reason", async () => {
  const { told } = ask(async () => ({ ...pass, reason: `two\nlines\u0000${"x".repeat(500)}` }));
  await breathe();
  expect(told[0]?.reason).toMatch(/^two lines x+…$/);
  expect(told[0]?.reason.length).toBeLessThanOrEqual(200);
});

it("ends a probe that ignores its signal at its deadline, marked as timed out", async () => {
  const { told, clock, asked } = ask(() => new Promise(() => {}));
  await clock.advance(999);
  expect(told).toEqual([]);
  await clock.advance(1);
  await breathe();
  expect(told).toEqual([
    { outcome: "fail", reason: "no answer within 1s", facts: { timedOut: true }, weight: null, claim: null },
  ]);
  expect(asked.ended).toBe(false);
});

it("lets a probe say how far it came when its time is up", async () => {
  const { told, clock } = ask(
    (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("connecting", { cause: signal.reason })));
      }),
  );
  await clock.advance(1000);
  await breathe();
  expect(told).toMatchObject([
    { outcome: "fail", reason: "connecting: no answer within 1s", facts: { timedOut: true } },
  ]);
});

it("never lets an answer that came too late improve on the time-out", async () => {
  const { told, clock } = ask((signal) => new Promise((done) => signal.addEventListener("abort", () => done(pass))));
  await clock.advance(1000);
  await breathe();
  expect(told).toMatchObject([{ outcome: "fail", facts: { timedOut: true } }]);
});

it("says unknown when its deadline fired late, as the server may have answered in time", async () => {
  const { told, clock, stalls } = ask(() => new Promise(() => {}));
  await clock.stall(1500);
  await breathe();
  expect(told).toMatchObject([{ outcome: "unknown" }]);
  expect(told[0]?.facts.timedOut).toBeUndefined();
  expect(stalls).toHaveLength(1);
});

it("says unknown when the process was stalled meanwhile although the deadline itself is in time", async () => {
  const { told, clock } = ask(() => new Promise(() => {}));
  await clock.advance(10);
  await clock.stall(980);
  await clock.advance(20);
  await breathe();
  expect(told).toMatchObject([{ outcome: "unknown" }]);
});

it("takes a real answer after a stall as it is", async () => {
  let answer = (_: Observation): void => {};
  const { told, clock } = ask(
    () =>
      new Promise((done) => {
        answer = done;
      }),
  );
  await clock.advance(10);
  await clock.stall(500);
  answer({ ...pass, outcome: "fail", reason: "wrong content" });
  await breathe();
  expect(told).toMatchObject([{ outcome: "fail", reason: "wrong content" }]);
});

it("tells nothing of a probe that was cancelled, whatever it does then", async () => {
  let signal: AbortSignal | null = null;
  const { told, clock, asked } = ask((given) => {
    signal = given;
    return new Promise((_, reject) => given.addEventListener("abort", () => reject(new Error("gone"))));
  });
  asked.cancel();
  asked.cancel();
  await clock.advance(5000);
  expect(signal).toMatchObject({ aborted: true });
  expect(told).toEqual([]);
  expect(clock.waiting()).toBe(0);
});

it("gives no question a signal that was aborted, nor one signal to questions without end", async () => {
  const signals: AbortSignal[] = [];
  const answers: Probe["ask"] = async (signal) => {
    signals.push(signal);
    return pass;
  };
  const hangs: Probe["ask"] = (signal) => {
    signals.push(signal);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const { asked, clock } = ask(answers);
  const put = async (run: Probe["ask"]): Promise<void> => {
    asked.put({ ask: run, close: async () => {} }, 1000);
    await breathe();
  };
  await breathe();
  for (let i = 0; i < 99; i++) await put(answers);
  expect(new Set(signals).size).toBeGreaterThan(5);
  await put(hangs);
  await clock.advance(1000);
  await breathe();
  const expired = signals.at(-1);
  await put(hangs);
  asked.cancel();
  await breathe();
  const stopped = signals.at(-1);
  await put(answers);
  expect([expired, stopped, signals.at(-1)].map((signal) => signal?.aborted)).toEqual([true, true, false]);
});
