// The same states on a real MySQL 9, and the refusals that only MySQL has.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlReplica } from "../../checks/mysql-replica.ts";
import { MONITOR, type Pair } from "../servers/mariadb.ts";
import { replicatesMysql9, startMysql9Pair } from "../servers/mysql9.ts";
import { until } from "../servers/process.ts";
import { type Asking, asking, targetAt } from "./mysql-asking.ts";

let pair: Pair;
const opened: Asking[] = [];

const open = (options: object = {}): Asking => {
  const made = asking(mysqlReplica, { ...MONITOR, ...options }, targetAt(pair.replica.port));
  opened.push(made);
  return made;
};

const replica = (text: string) => pair.replica.sql(text);
const primary = (text: string) => pair.primary.sql(text);

beforeAll(async () => {
  pair = await startMysql9Pair();
});
afterAll(() => pair.stop());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

describe("a MySQL 9 replica whose primary lives", () => {
  it("passes while both threads run and the lag is known", async () => {
    const seen = await open().see({ outcome: "pass" });
    expect(seen).toMatchObject({
      reason: "lag 0s",
      facts: {
        role: "replica",
        lagSeconds: 0,
        ioRunning: true,
        sqlRunning: true,
        readOnly: true,
        channel: "",
        primary: `127.0.0.1:${pair.primary.port}`,
        version: expect.stringMatching(/^9\./),
      },
      claim: { role: "reader", follows: `127.0.0.1:${pair.primary.port}` },
    });
  });

  it("warns when a thread was stopped, worse for sql than for io", async () => {
    const asked = open();
    await replica("STOP REPLICA IO_THREAD");
    await asked.see({ outcome: "warn", facts: { lagSeconds: null, ioRunning: false, sqlRunning: true } });
    await replica("START REPLICA IO_THREAD; STOP REPLICA SQL_THREAD");
    await asked.see({ outcome: "warn", facts: { lagSeconds: null, ioRunning: true, sqlRunning: false } });
    await replica("START REPLICA SQL_THREAD");
    await asked.see({ outcome: "pass" });
  });

  it("warns with the error when a duplicate key stops the sql thread", async () => {
    const asked = open();
    await replica("SET sql_log_bin=0; INSERT INTO app.items VALUES (1, 'here')");
    await primary("INSERT INTO app.items VALUES (1, 'there')");
    const seen = await asked.see({ outcome: "warn", facts: { sqlRunning: false } });
    expect(seen.reason).toMatch(/^replication sql stopped: 1062 /);
    await replica("DELETE FROM app.items WHERE id = 1; START REPLICA SQL_THREAD");
    await asked.see({ outcome: "pass" });
  });

  it("does not take a delay on purpose for lag, nor the stale lag after it for more than it is", async () => {
    const asked = open({ max_lag: "2s" });
    await replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY=3; START REPLICA SQL_THREAD");
    await replicatesMysql9(pair.replica);
    await primary("INSERT INTO app.items VALUES (2, 'delayed')");
    const raw = async (): Promise<number> => Number((await replica("SHOW REPLICA STATUS"))[0]?.Seconds_Behind_Source);
    await until("the event to wait for its time", async () => (await raw()) >= 1);
    expect(await asked.ask()).toMatchObject({ outcome: "pass", facts: { lagSeconds: 0, delaySeconds: 3 } });
    const applied = async () => (await replica("SELECT 1 AS one FROM app.items WHERE id = 2")).length;
    await until(
      "the event to be applied",
      async () => (await asked.ask()).outcome === "pass" && (await applied()) === 1,
    );
    await asked.see({ outcome: "pass" });
    await replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY=0; START REPLICA SQL_THREAD");
    await replicatesMysql9(pair.replica);
  });
});

describe("a MySQL 9 that refuses the checker", () => {
  it.each([
    ["a wrong password", "CREATE USER u@'%' IDENTIFIED BY 'other'", /^1045 Access denied/],
    ["a locked account", "CREATE USER u@'%' IDENTIFIED BY 'x' ACCOUNT LOCK", /^3118 /],
    ["an expired password", "CREATE USER u@'%' IDENTIFIED BY 'x' PASSWORD EXPIRE", /^1862 /],
    [
      "no grant",
      "CREATE USER u@'%' IDENTIFIED BY 'x'",
      /^missing grant: GRANT REPLICATION CLIENT ON \*\.\* TO 'u' \(1227\)$/,
    ],
    ["an account that wants TLS", "CREATE USER u@'%' IDENTIFIED BY 'x' REQUIRE SSL", /^1045 /],
  ])("is unknown with %s", async (_what, create, reason) => {
    await replica(create);
    try {
      expect(await open({ user: "u", password: "x" }).ask()).toMatchObject({
        outcome: "unknown",
        reason: expect.stringMatching(reason),
      });
    } finally {
      await replica("DROP USER u@'%'");
    }
  });

  it("fails in offline_mode: it throws clients out on purpose", async () => {
    const asked = open();
    await asked.see({ outcome: "pass" });
    await replica("SET GLOBAL offline_mode=1");
    await asked.see({ outcome: "fail", reason: /3032/ });
    await replica("SET GLOBAL offline_mode=0");
    await asked.see({ outcome: "pass" });
  });

  it("warns when max_connections is reached", async () => {
    await replica("SET GLOBAL max_connections=5");
    const crowd = Array.from({ length: 8 }, () => open());
    const seen = await Promise.all(crowd.map((each) => each.ask()));
    const full = seen.find(({ outcome }) => outcome === "warn");
    expect(full?.reason).toMatch(/1040 Too many connections/);
    await replica("SET GLOBAL max_connections=151");
  });

  it("says why when the server ends an idle connection", async () => {
    const asked = open({ user: "u", password: "x" });
    await replica("CREATE USER u@'%' IDENTIFIED BY 'x'; GRANT REPLICATION CLIENT ON *.* TO u@'%'");
    await replica("SET GLOBAL wait_timeout=1");
    await asked.see({ outcome: "pass" });
    await until("the hint", () => asked.hints.length > 0);
    expect(asked.hints[0]).toMatch(/inactivity|closed by the server/);
    await replica("SET GLOBAL wait_timeout=28800; DROP USER u@'%'");
  });
});

describe("a MySQL 9 over encrypted connections", () => {
  it("is asked with TLS when the certificate is not verified, and refused when it is and nobody vouches for it", async () => {
    const encrypted = open({ tls: { verify: false } });
    await encrypted.see({ outcome: "pass" });
    const seen = await open({ tls: true }).ask();
    expect(seen).toMatchObject({ outcome: "fail", reason: expect.stringMatching(/: TLS: self-signed certificate/) });
    const [row] = await replica("SELECT id FROM information_schema.processlist WHERE user='monitor'");
    await replica(`KILL ${String(row?.id)}`);
    await until("the hint over TLS", () => encrypted.hints.length > 0);
    await encrypted.see({ outcome: "pass" });
  });

  it("compares the name as well: MySQL's own certificates carry none", async () => {
    const seen = await open({ tls: { ca: `${pair.replica.dir}/ca.pem` } }).ask();
    const reason = expect.stringMatching(/: TLS: the certificate is not for 127\.0\.0\.1, but for /);
    expect(seen).toMatchObject({ outcome: "fail", reason });
  });
});

describe("a MySQL 9 replica over its kept connection", () => {
  it("times out on a stopped server at the deadline, connected or not, and answers again afterwards", async () => {
    const kept = open();
    await kept.see({ outcome: "pass" });
    const fresh = open();
    pair.replica.signal("SIGSTOP");
    const [held, dialled] = await Promise.all([kept.ask(400), fresh.ask(400)]);
    expect(held).toMatchObject({ outcome: "fail", reason: "connected, but no answer: no answer in time" });
    expect(dialled).toMatchObject({
      outcome: "fail",
      reason: "connected, but no answer to the login: no answer in time",
    });
    pair.replica.signal("SIGCONT");
    await kept.see({ outcome: "pass" });
    await fresh.see({ outcome: "pass" });
  });

  it("hints at once when the server is killed, and the next question is refused", async () => {
    const asked = open();
    await asked.see({ outcome: "pass" });
    pair.replica.signal("SIGKILL");
    await until("the hint", () => asked.hints.length > 0, 5000, 1);
    await asked.see({ outcome: "fail", reason: /connection refused/ });
    await pair.replica.restart();
    await asked.see({ outcome: "pass" });
  });
});

describe("a MySQL 9 replica whose primary was killed", () => {
  it("warns, and gives up after SOURCE_RETRY_COUNT: io is No then, and stays", async () => {
    const asked = open();
    await replica("STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_RETRY_COUNT=1; START REPLICA");
    await asked.see({ outcome: "pass" });
    pair.primary.signal("SIGKILL");
    const seen = await asked.see({ outcome: "warn", facts: { ioRunning: false, sqlRunning: true } });
    expect(seen.reason).toMatch(/^replication io (connecting|stopped)/);
    await asked.see({ outcome: "warn", reason: /^replication io stopped: 20\d\d / });
    await pair.primary.restart();
    await replica("START REPLICA IO_THREAD");
    await asked.see({ outcome: "pass" });
  });
});
