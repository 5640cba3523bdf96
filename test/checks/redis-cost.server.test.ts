import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { redisMaster } from "../../checks/redis-master.ts";
import { targetAt, testEnv } from "../contract/checker-bench.ts";
import { startRedis } from "../servers/redis.ts";

const QUESTIONS = 1500;
const ROUNDS = 7;
const MOST = 1.3;

/** CPU of this process for one question, in microseconds. */
async function cost(ask: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < QUESTIONS; i++) await ask();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / QUESTIONS;
}

it(`a kept Redis check costs at most ${MOST} times the CPU of the same questions through bare ioredis`, async () => {
  const server = await startRedis();
  const check = redisMaster.create(redisMaster.options.parse({ fresh_every: 1_000_000 }), testEnv());
  const probe = check.open(targetAt({ host: "127.0.0.1", port: server.port }), () => {});
  const bare = new Redis(server.port, "127.0.0.1");
  const ours = () => probe.ask(new AbortController().signal);
  const theirs = () => Promise.all([bare.ping(), bare.role(), bare.info("replication")]);
  await cost(ours);
  await cost(theirs);
  // By turns, so that a busy machine burdens both.
  const rounds: { readonly ours: number; readonly theirs: number }[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push({ ours: await cost(ours), theirs: await cost(theirs) });
  await probe.close();
  await check.close();
  bare.disconnect();
  await server.stop();
  // Whatever else the machine does can only add to a round: the best one tells what the check itself costs.
  const [best] = rounds.toSorted((a, b) => a.ours / a.theirs - b.ours / b.theirs);
  const { ours: us, theirs: them } = best ?? { ours: Number.NaN, theirs: Number.NaN };
  console.log(
    `kept Redis check: ${us.toFixed(1)} us of CPU, bare ioredis: ${them.toFixed(1)} us, ratio ${(us / them).toFixed(2)}`,
  );
  expect(us / them).toBeLessThanOrEqual(MOST);
});
