import { connect } from "node:net";
import { expect, it } from "vitest";
import { memcached } from "../../checks/memcached.ts";
import { redisMaster } from "../../checks/redis-master.ts";
import type { Checker } from "../../src/index.ts";
import { startMemcached } from "../servers/memcached.ts";
import { startRedis } from "../servers/redis.ts";
import { expectSeen, openProbe } from "./asking.ts";

const LIMIT_MS = 50;

interface Victim {
  readonly port: number;
  signal(name: NodeJS.Signals): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

interface Times {
  /** From the kill to the end of a bare connection of this very process: what the machine takes. */
  readonly bare: number;
  readonly hint: number;
  readonly seen: number;
}

/** Kills a server with a kept connection; times from the kill to the hint, and to what a new probe sees. */
async function trial(checker: Checker, victim: Victim): Promise<Times> {
  const hint = event();
  const bare = event();
  const witness = connect(victim.port, "127.0.0.1").on("error", () => {});
  witness.on("close", () => bare.happened()).resume();
  const probe = openProbe(checker, {}, { port: victim.port });
  probe.hints.push = () => {
    hint.happened();
    return 0;
  };
  expectSeen(await probe.ask(), "pass", /./);
  const killedAt = performance.now();
  victim.signal("SIGKILL");
  const hintedAt = await hint.at;
  const seen = await probe.ask();
  const seenAt = performance.now();
  const bareAt = await bare.at;
  await probe.close();
  // A dying process may still take a connection that it then resets.
  expectSeen(seen, "fail", /connection (refused|reset)/);
  return { bare: bareAt - killedAt, hint: hintedAt - killedAt, seen: seenAt - killedAt };
}

function event(): { readonly at: Promise<number>; happened(): void } {
  let happened = (): void => {};
  const at = new Promise<number>((done) => {
    happened = () => done(performance.now());
  });
  return { at, happened: () => happened() };
}

it.each([
  ["Redis", 60, redisMaster, startRedis],
  ["memcached", 15, memcached, startMemcached],
] as const)(
  "a %s that is killed is known to be dead 50 ms after its connections have ended, nine times of ten (of %i)",
  async (name, trials, checker, start) => {
    const victim: Victim = await start();
    const times: Times[] = [];
    for (let i = 0; i < trials; i++) {
      times.push(await trial(checker, victim));
      if (i < trials - 1) await victim.restart();
    }
    await victim.stop();
    const show = (of: keyof Times): string =>
      [0.5, 0.99]
        .map((share) =>
          percentile(
            times.map((each) => each[of]),
            share,
          ).toFixed(1),
        )
        .join(" / ");
    console.log(
      `${name}, ms from kill -9, p50 / p99: a bare connection ends ${show("bare")}, hint ${show("hint")}, dead to a new probe ${show("seen")}`,
    );
    // On a busy machine a death itself may take longer, and now and then what comes after it: p99 is for the bench.
    expect(
      percentile(
        times.map(({ seen, bare }) => seen - bare),
        0.9,
      ),
    ).toBeLessThan(LIMIT_MS);
  },
);
