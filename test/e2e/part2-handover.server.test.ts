import { afterAll, beforeAll, expect, it } from "vitest";
import { type FakeMysql, type FakeScript, startFakeMysql } from "../servers/fake-mysql.ts";
import { type Rig, startRig } from "./rig.ts";

// The quickest hand-over there is: an operator makes one server read-only and another writable in the same moment. Both
// HAProxies ask one checkd, seldom, which leaves all the time for the wrong order; only one of them has a runtime socket.
const ROUNDS = 4;
const POOLS = ["polled", "pushed"] as const;

let servers: readonly FakeMysql[] = [];
let rig: Rig;

const primary = (readOnly: 0 | 1): FakeScript => ({
  version: "8.4.5",
  answer: (sql) => (sql.includes("@@") ? [{ version: "8.4.5", read_only: readOnly }] : []),
});

beforeAll(async () => {
  servers = await Promise.all([startFakeMysql(primary(0)), startFakeMysql(primary(1))]);
  const ports = Object.fromEntries(servers.map(({ port }, index) => [index === 0 ? "a" : "b", port]));
  const targets = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `127.0.0.1:${port}`]));
  const pool = { role: "writer", check: { type: "mysql-primary", user: "monitor", password: "pw" }, targets };
  rig = await startRig({
    backends: POOLS.map((name) => ({ pool: name, servers: ports, asks: "first", agentInterMs: 1000 })),
    config: ({ index, socket }) =>
      index === 0
        ? {
            defaults: { every: "500ms", fast: "100ms" },
            pools: { polled: pool, pushed: { ...pool, runtime: { sockets: [socket] } } },
          }
        : { pools: { other: { check: "none", targets: { x: "127.0.0.1:1" } } } },
  });
  for (const name of POOLS) await rig.shows(name, ["a"]);
});

afterAll(async () => {
  await rig?.stop();
  await Promise.all(servers.map((each) => each.stop()));
});

it("moves the writer to and fro without two up at any moment, also in the HAProxy that cannot be asked what it shows", async () => {
  rig.mark();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    servers[round % 2]?.play(primary(1));
    servers[(round + 1) % 2]?.play(primary(0));
    for (const name of POOLS) await rig.shows(name, [round % 2 === 0 ? "b" : "a"]);
    times.push(performance.now() - begun);
  }
  process.stdout.write(`    moved in both HAProxies after ${times.map((ms) => ms.toFixed(0)).join(", ")} ms\n`);
  rig.neverTwoUp(...POOLS);
  for (const name of POOLS) expect(rig.apartMs(name)).toBe(0);
});
