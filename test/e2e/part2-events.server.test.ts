import { afterEach, describe, expect, it } from "vitest";
import { type DatabaseServer, follow, MONITOR, replicates, startMariadb } from "../servers/mariadb.ts";
import { freePort, until } from "../servers/process.ts";
import { startRedis } from "../servers/redis.ts";
import { askAgent, startCheckd } from "./checkd.ts";

// A kept connection that drops is an event: the verdict changes at once, whatever `every` and `fall` are. The strict
// number is the bench's; here a bound that a machine under load keeps, and the measured times.
const BOUND_MS = 500;

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Victim {
  readonly name: string;
  readonly address: string;
  kill(): void;
}

async function watched(check: object, role: string, victims: readonly Victim[]): Promise<number> {
  const port = await freePort();
  // A pool each, as a writer pool has one up.
  const poolOf = ({ name, address }: Victim) => ({ check, role, every: "2s", fall: 5, targets: { [name]: address } });
  const pools = Object.fromEntries(victims.map((victim) => [`p-${victim.name}`, poolOf(victim)]));
  const checkd = await startCheckd({ agent: { listen: `127.0.0.1:${port}` }, pools });
  stops.push(() => checkd.stop());
  return port;
}

const said = (port: number, { name }: Victim): Promise<string> => askAgent(port, `p-${name}/${name}\n`);
const isUp = (port: number, victim: Victim): Promise<boolean> =>
  until(`${victim.name} to be up`, async () => (await said(port, victim)).startsWith("up"), 30_000);

/** Milliseconds from the kill to the agent's first `down`. */
async function killed(port: number, victim: Victim): Promise<number> {
  const begun = performance.now();
  victim.kill();
  await until(`${victim.name} to be down`, async () => (await said(port, victim)).startsWith("down"), 20_000, 1);
  return performance.now() - begun;
}

function report(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  process.stdout.write(`    ${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${times.length} trials\n`);
}

describe("kill -9 of a server with a held connection", () => {
  it("is told by the agent at once: twenty Redis masters", async () => {
    const servers = await Promise.all(Array.from({ length: 20 }, () => startRedis()));
    stops.push(() => Promise.all(servers.map((each) => each.stop())));
    const victims = servers.map((each, index) => ({
      name: `r${index}`,
      address: each.address,
      kill: () => each.signal("SIGKILL"),
    }));
    const port = await watched({ type: "redis-master" }, "writer", victims);
    for (const victim of victims) await isUp(port, victim);
    const times: number[] = [];
    for (const victim of victims) times.push(await killed(port, victim));
    report("Redis master killed", times);
    expect(Math.max(...times)).toBeLessThan(BOUND_MS);
  });

  it("is told by the agent at once: MariaDB replicas", async () => {
    const [primary, ...replicas] = await Promise.all([1, 2, 3].map((id) => startMariadb([], id)));
    const all: readonly DatabaseServer[] = primary === undefined ? [] : [primary, ...replicas];
    stops.push(() => Promise.all(all.map((each) => each.stop())));
    if (primary === undefined) throw new Error("no primary");
    for (const each of replicas) await follow(each, primary);
    await Promise.all(replicas.map((each) => replicates(each)));
    const victims = replicas.map((each, index) => ({
      name: `m${index}`,
      address: `127.0.0.1:${each.port}`,
      kill: () => each.signal("SIGKILL"),
    }));
    const port = await watched({ type: "mysql-replica", ...MONITOR }, "readers", victims);
    const times: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (const victim of victims) await isUp(port, victim);
      for (const victim of victims) times.push(await killed(port, victim));
      await Promise.all(replicas.map((each) => each.restart()));
      await Promise.all(replicas.map((each) => replicates(each)));
    }
    report("MariaDB replica killed", times);
    expect(Math.max(...times)).toBeLessThan(BOUND_MS);
  });
});
