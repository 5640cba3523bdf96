// The least that asks the same questions as often: kept connections of ioredis, one timer for all.
import { Redis } from "ioredis";

const [port, count] = process.argv.slice(2);
/** As the daemon, which puts regular probes on a grid of 100 ms: waking up costs more than asking. */
const TICK_MS = 100;

const connections = Array.from({ length: Number(count) }, () => new Redis({ host: "127.0.0.1", port: Number(port) }));
await Promise.all(connections.map((each) => each.ping()));
let next = 0;
setInterval(() => {
  for (let at = 0; at < (connections.length * TICK_MS) / 1000; at++) {
    const redis = connections[next++ % connections.length];
    Promise.all([redis.ping(), redis.call("ROLE"), redis.info("replication")]).then(
      ([, [role], info]) => {
        if (role !== "master" || !info.includes("role:master")) process.exit(1);
      },
      () => process.exit(1),
    );
  }
}, TICK_MS);
process.stdout.write("ready\n");
