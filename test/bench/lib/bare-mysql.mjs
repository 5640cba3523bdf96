// The least that asks the same question as often: kept connections of mysql2, one timer for all.
import { createConnection } from "mysql2";

const [port, user, password, count] = process.argv.slice(2);
const TICK_MS = 100;

const connections = await Promise.all(
  Array.from(
    { length: Number(count) },
    () =>
      new Promise((done, fail) => {
        const connection = createConnection({ host: "127.0.0.1", port: Number(port), user, password });
        connection.connect((error) => (error ? fail(error) : done(connection)));
      }),
  ),
);
let next = 0;
setInterval(() => {
  for (let at = 0; at < (connections.length * TICK_MS) / 1000; at++) {
    connections[next++ % connections.length].query("SHOW ALL SLAVES STATUS", (error, rows) => {
      if (error || !("Seconds_Behind_Master" in rows[0])) process.exit(1);
    });
  }
}, TICK_MS);
process.stdout.write("ready\n");
