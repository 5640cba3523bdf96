// pt-heartbeat writing for real, in UTC and in a local time that is another one.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlReplica } from "../../checks/mysql-replica.ts";
import { MONITOR, type Pair, startPair } from "../servers/mariadb.ts";
import { type Running, sleep, start, until } from "../servers/process.ts";
import { type Asking, asking, targetAt } from "./mysql-asking.ts";

let pair: Pair;
const opened: Asking[] = [];
const writers: Running[] = [];

const open = (heartbeat: object, more: object = {}): Asking => {
  const options = { ...MONITOR, ...more, heartbeat: { interval: "200ms", ...heartbeat } };
  const made = asking(mysqlReplica, options, targetAt(pair.replica.port));
  opened.push(made);
  return made;
};

async function write(args: readonly string[] = [], zone = "UTC"): Promise<Running> {
  const where = ["-h", "127.0.0.1", "-P", String(pair.primary.port), "-u", "root", "-D", "percona"];
  const how = ["--update", "--replace", "--interval", "0.2", ...args];
  const writer = await start(["pt-heartbeat", ...where, ...how], { env: { TZ: zone }, name: "pt-heartbeat" });
  writers.push(writer);
  return writer;
}

const rows = () => pair.replica.sql("SELECT ts FROM percona.heartbeat").catch(() => []);

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  for (const each of writers.splice(0)) await each.stop();
  await pair.primary.sql("DELETE FROM percona.heartbeat");
  await until("the rows to be gone", async () => (await rows()).length === 0);
});

describe("a replica below pt-heartbeat --utc", () => {
  it("passes with a heartbeat younger than a second", async () => {
    await write(["--utc", "--create-table"]);
    await until("a heartbeat", async () => (await rows()).length === 1);
    const seen = await open({}).see({ outcome: "pass" });
    expect(seen.reason).toMatch(/^lag 0s, heartbeat \d+ms$/);
    expect(seen.facts.heartbeatLagSeconds).toBeLessThan(1);
  });

  it("shows a primary that hangs though the replica says lag 0, and a writer that died", async () => {
    const writer = await write(["--utc"]);
    await until("a heartbeat", async () => (await rows()).length === 1);
    const asked = open({}, { max_lag: "1s" });
    await asked.see({ outcome: "pass" });
    pair.primary.signal("SIGSTOP");
    const hung = await asked.see({ outcome: "warn", facts: { lagSeconds: 0, ioRunning: true } });
    expect(hung.reason).toMatch(/^heartbeat 1\.\ds old, max_lag 1s$/);
    pair.primary.signal("SIGCONT");
    await asked.see({ outcome: "pass" });
    await writer.stop();
    await asked.see({ outcome: "warn", facts: { lagSeconds: 0 } });
  });

  it("does not take the delay on purpose for lag", async () => {
    await write(["--utc"]);
    await until("a heartbeat", async () => (await rows()).length === 1);
    await pair.replica.sql("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=2; START SLAVE");
    const asked = open({}, { max_lag: "1s" });
    await sleep(2500);
    const seen = await asked.see({ outcome: "pass", facts: { delaySeconds: 2 } });
    expect(seen.facts.heartbeatLagSeconds).toBeLessThan(1.2);
    const [row] = await pair.replica.sql(
      "SELECT TIMESTAMPDIFF(MICROSECOND, ts, UTC_TIMESTAMP(6)) / 1e6 AS age FROM percona.heartbeat",
    );
    expect(Number(row?.age)).toBeGreaterThan(0.9);
    await pair.replica.sql("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE");
    await asked.see({ outcome: "pass", facts: { delaySeconds: 0 } });
  });

  it("is unknown when the row of the primary is missing, and takes the one that is named", async () => {
    await write(["--utc"]);
    await until("a heartbeat", async () => (await rows()).length === 1);
    const missing = await open({ server_id: 77 }).ask();
    expect(missing).toMatchObject({
      outcome: "unknown",
      reason: "no row of server_id 77 in percona.heartbeat: set heartbeat.server_id",
    });
    await open({ server_id: 1 }).see({ outcome: "pass" });
  });

  it("is unknown without the grant on the table, which is named, and without the table", async () => {
    await write(["--utc"]);
    await until("a heartbeat", async () => (await rows()).length === 1);
    await pair.primary.sql("CREATE USER low@'%' IDENTIFIED BY 'x'; GRANT SLAVE MONITOR ON *.* TO low@'%'");
    const low = open({}, { user: "low", password: "x" });
    await low.see({
      outcome: "unknown",
      reason: /^missing grant: GRANT SELECT ON percona\.heartbeat TO 'low' \(1142\)$/,
    });
    const absent = await open({ table: "percona.elsewhere" }).ask();
    expect(absent).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^1146 /) });
    await pair.primary.sql("DROP USER low@'%'");
  });
});

describe("a replica below pt-heartbeat that writes New York's time", () => {
  it("is unknown when UTC is expected, and passes when the replica has that zone and local time is expected", async () => {
    await write([], "America/New_York");
    await until("a heartbeat", async () => (await rows()).length === 1);
    const seen = await open({ utc: true }).ask();
    expect(seen).toMatchObject({
      outcome: "unknown",
      reason: expect.stringMatching(
        /^heartbeat is 1(4400|8000)s old: another time zone or clock \(heartbeat.utc is true\)$/,
      ),
    });
    const [row] = await pair.replica.sql(
      "SELECT ROUND(TIMESTAMPDIFF(SECOND, ts, UTC_TIMESTAMP()) / 3600) AS hours FROM percona.heartbeat",
    );
    await pair.replica.sql(`SET GLOBAL time_zone='-0${Number(row?.hours)}:00'`);
    await open({ utc: false }).see({ outcome: "pass" });
    await pair.replica.sql("SET GLOBAL time_zone='SYSTEM'");
  });

  it("is unknown when the heartbeat comes from the future", async () => {
    await write(["--utc"]);
    await until("a heartbeat", async () => (await rows()).length === 1);
    await pair.replica.sql("SET GLOBAL time_zone='-05:00'");
    const seen = await open({ utc: false }).ask();
    expect(seen).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^heartbeat is -1\d{4}s old/) });
    await pair.replica.sql("SET GLOBAL time_zone='SYSTEM'");
  });
});

describe("a replica with the table of old releases", () => {
  it("reads its single row", async () => {
    await pair.primary.sql("CREATE TABLE percona.legacy (id INT PRIMARY KEY, ts DATETIME)");
    await pair.primary.sql("INSERT INTO percona.legacy VALUES (1, UTC_TIMESTAMP())");
    const asked = open({ table: "percona.legacy" });
    await asked.see({ outcome: "pass" });
    await open({ table: "percona.legacy", server_id: 1 }).see({ outcome: "pass" });
  });
});
