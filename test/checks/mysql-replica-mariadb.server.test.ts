// Every row of replication states that a real MariaDB shows, and every refusal that it can be made to give.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlReplica } from "../../checks/mysql-replica.ts";
import { follow, MONITOR, type Pair, replicates, startMariadb, startPair } from "../servers/mariadb.ts";
import { sleep, until } from "../servers/process.ts";
import { type Asking, asking, targetAt } from "./mysql-asking.ts";

let pair: Pair;
const opened: Asking[] = [];

const open = (options: object = {}, port = pair.replica.port): Asking => {
  const made = asking(mysqlReplica, { ...MONITOR, ...options }, targetAt(port));
  opened.push(made);
  return made;
};

const replica = (text: string) => pair.replica.sql(text);
const primary = (text: string) => pair.primary.sql(text);

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

describe("a MariaDB replica whose primary lives", () => {
  it("passes while both threads run and the lag is known", async () => {
    const seen = await open().see({ outcome: "pass" });
    expect(seen).toMatchObject({
      reason: "lag 0s",
      facts: {
        role: "replica",
        lagSeconds: 0,
        staleSeconds: 0,
        ioRunning: true,
        sqlRunning: true,
        readOnly: true,
        primary: `127.0.0.1:${pair.primary.port}`,
        version: expect.stringMatching(/^10\.11\..*MariaDB/),
      },
      claim: { role: "reader", follows: `127.0.0.1:${pair.primary.port}` },
    });
  });

  it("warns when the sql thread was stopped", async () => {
    const asked = open();
    await replica("STOP SLAVE SQL_THREAD");
    const seen = await asked.see({ outcome: "warn", facts: { lagSeconds: null, sqlRunning: false } });
    expect(seen.reason).toBe("replication sql stopped: no error");
    await replica("START SLAVE SQL_THREAD");
    await asked.see({ outcome: "pass" });
  });

  it("warns when the io thread was stopped, and tells how long the data may be stale", async () => {
    const asked = open();
    await asked.see({ outcome: "pass" });
    await replica("STOP SLAVE IO_THREAD");
    await asked.see({ outcome: "warn", facts: { lagSeconds: null, ioRunning: false, sqlRunning: true } });
    const seen = await asked.see({ outcome: "warn", facts: { staleSeconds: 1 } });
    expect(seen.reason).toBe("replication io stopped: no error");
    await replica("START SLAVE IO_THREAD");
    await asked.see({ outcome: "pass" });
  });

  it("fails when io is stopped for longer than stale_limit", async () => {
    const asked = open({ stale_limit: "1s" });
    await asked.see({ outcome: "pass" });
    await replica("STOP SLAVE IO_THREAD");
    await asked.see({ outcome: "warn" });
    const seen = await asked.see({ outcome: "fail" });
    expect(seen.reason).toMatch(/^stale for \ds, limit 1s: replication io stopped/);
    await replica("START SLAVE IO_THREAD");
    await asked.see({ outcome: "pass" });
  });

  it("warns when replication is configured and was never started", async () => {
    const asked = open();
    await replica("STOP SLAVE");
    await asked.see({ outcome: "warn", facts: { ioRunning: false, sqlRunning: false } });
    await replica("START SLAVE");
    await replicates(pair.replica);
  });

  it("warns with the error when a duplicate key stops the sql thread", async () => {
    const asked = open();
    await replica("SET sql_log_bin=0; INSERT INTO app.items VALUES (1, 'here')");
    await primary("INSERT INTO app.items VALUES (1, 'there')");
    const seen = await asked.see({ outcome: "warn", facts: { sqlRunning: false } });
    expect(seen.reason).toMatch(/^replication sql stopped: 1062 .*Duplicate entry '1'/);
    await replica("DELETE FROM app.items WHERE id = 1; START SLAVE SQL_THREAD");
    await asked.see({ outcome: "pass" });
  });

  it("warns with the error when the replication password is wrong", async () => {
    const asked = open();
    await replica("STOP SLAVE; CHANGE MASTER TO MASTER_PASSWORD='wrong'; START SLAVE");
    const seen = await asked.see({ outcome: "warn", facts: { ioRunning: false }, reason: /1045/ });
    expect(seen.reason).toMatch(/^replication io connecting: 1045 /);
    await replica("STOP SLAVE; CHANGE MASTER TO MASTER_PASSWORD='repl-pw'; START SLAVE");
    await asked.see({ outcome: "pass" });
  });

  it("warns when it asks for transactions that its primary has no longer", async () => {
    const asked = open();
    await replica("STOP SLAVE; SET GLOBAL gtid_slave_pos='0-1-999999'; START SLAVE");
    const seen = await asked.see({ outcome: "warn", facts: { ioRunning: false }, reason: /1236/ });
    expect(seen.reason).toMatch(/^replication io stopped: 1236 /);
    const [row] = await primary("SELECT @@gtid_binlog_pos AS position");
    await replica(`STOP SLAVE; SET GLOBAL gtid_slave_pos='${String(row?.position)}'; START SLAVE`);
    await asked.see({ outcome: "pass" });
  });

  it("does not take a delay on purpose for lag", async () => {
    const asked = open({ max_lag: "1s" });
    await replica("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=3; START SLAVE");
    await replicates(pair.replica);
    const before = await asked.see({ outcome: "pass", facts: { delaySeconds: 3, lagSeconds: 0 } });
    expect(before.reason).toBe("lag 0s, delayed 3s on purpose");
    await primary("INSERT INTO app.items VALUES (2, 'delayed')");
    const raw = async (): Promise<number> => Number((await replica("SHOW SLAVE STATUS"))[0]?.Seconds_Behind_Master);
    await until("the event to wait for its time", async () => (await raw()) >= 1);
    expect(await asked.ask()).toMatchObject({ outcome: "pass", facts: { lagSeconds: 0 } });
    await replica("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE");
    await replicates(pair.replica);
  });

  it("warns when reads lock it and the lag grows beyond max_lag", async () => {
    const asked = open({ max_lag: "1s" });
    await replica("FLUSH TABLES WITH READ LOCK");
    await primary("INSERT INTO app.items VALUES (3, 'late')");
    const seen = await asked.see({ outcome: "warn", facts: { sqlRunning: true } });
    expect(seen.reason).toBe("lag 2s, max_lag 1s");
    await replica("UNLOCK TABLES");
    await asked.see({ outcome: "pass" });
  });

  it("says that a writable replica is writable, and fails it where read_only is required", async () => {
    await replica("SET GLOBAL read_only=0");
    expect(await open().see({ outcome: "pass" })).toMatchObject({
      reason: "lag 0s, writable",
      facts: { readOnly: false },
    });
    const strict = open({ require_read_only: true });
    expect(await strict.see({ outcome: "fail" })).toMatchObject({ reason: "writable, expected read_only" });
    await replica("SET GLOBAL read_only=1");
    await strict.see({ outcome: "pass", facts: { readOnly: true } });
  });

  it("sees a dead second channel, and only the wanted one when that is configured", async () => {
    const all = open();
    const wanted = open({ channel: "" });
    await replica(
      "CHANGE MASTER 'second' TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='repl', MASTER_CONNECT_RETRY=1",
    );
    await replica("START SLAVE 'second'");
    const seen = await all.see({ outcome: "warn", reason: /2003|2002/, facts: { channel: "second" } });
    expect(seen.reason).toMatch(/^channel second: replication io connecting: 200/);
    expect(await wanted.ask()).toMatchObject({ outcome: "pass", facts: { channel: "" } });
    const absent = await open({ channel: "third" }).see({ outcome: "fail" });
    expect(absent.reason).toBe("no channel third: has the default one, second");
    await replica("STOP SLAVE 'second'; RESET SLAVE 'second' ALL");
    await all.see({ outcome: "pass" });
  });
});

describe("a MariaDB that refuses the checker", () => {
  it("is unknown with a wrong password, and needs no restart after it was mended", async () => {
    const seen = await open({ password: "wrong" }).ask();
    expect(seen).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^1045 Access denied/) });
    expect(JSON.stringify(seen)).not.toContain("wrong");
  });

  it("is unknown without the grant, which is named though REPLICATION CLIENT was accepted", async () => {
    await replica("CREATE USER low@'%' IDENTIFIED BY 'x'; GRANT REPLICATION CLIENT ON *.* TO low@'%'");
    const asked = open({ user: "low", password: "x" });
    const seen = await asked.ask();
    expect(seen).toMatchObject({
      outcome: "unknown",
      reason: "missing grant: GRANT SLAVE MONITOR ON *.* TO 'low' (1227)",
    });
    await replica("GRANT SLAVE MONITOR ON *.* TO low@'%'");
    await open({ user: "low", password: "x" }).see({ outcome: "pass" });
    await replica("DROP USER low@'%'");
  });

  it("is unknown when the account is locked", async () => {
    await replica("CREATE USER locked@'%' IDENTIFIED BY 'x' ACCOUNT LOCK");
    const seen = await open({ user: "locked", password: "x" }).ask();
    expect(seen).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^4151 .*locked/) });
    await replica("DROP USER locked@'%'");
  });

  it("is unknown when the account's own limit of connections is reached", async () => {
    await replica(
      "CREATE USER few@'%' IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 1; GRANT SLAVE MONITOR ON *.* TO few@'%'",
    );
    await open({ user: "few", password: "x" }).see({ outcome: "pass" });
    const seen = await open({ user: "few", password: "x" }).ask();
    expect(seen).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^1226 /) });
    await replica("DROP USER few@'%'");
  });

  it("is unknown with a database that is not there", async () => {
    await replica("CREATE USER reader@'%' IDENTIFIED BY 'x'; GRANT SELECT ON *.* TO reader@'%'");
    const seen = await open({ user: "reader", password: "x", database: "nowhere" }).ask();
    expect(seen).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^1049 /) });
    await replica("DROP USER reader@'%'");
  });

  it("warns when max_connections is reached, also while it keeps an older connection", async () => {
    const kept = open({ fresh_every: 2 });
    await kept.see({ outcome: "pass" });
    await replica("SET GLOBAL max_connections=10");
    const crowd = Array.from({ length: 14 }, () => open());
    const seen = await Promise.all(crowd.map((each) => each.ask()));
    expect(new Set(seen.map(({ outcome }) => outcome))).toEqual(new Set(["pass", "warn"]));
    const full = seen.find(({ outcome }) => outcome === "warn");
    expect(full?.reason).toMatch(/1040 Too many connections/);
    // Those that were turned away may have stood in the way of one more that had a place.
    const refused = await until("no place to be left", async () => {
      const late = open();
      crowd.push(late);
      await late.ask();
      const again = await kept.ask();
      return again.outcome === "warn" && again;
    });
    expect(refused.reason).toMatch(/1040/);
    for (const each of crowd) await each.close();
    await replica("SET GLOBAL max_connections=151");
    await kept.see({ outcome: "pass" });
  });

  it("fails while it shuts connections out, and when its connection is killed in mid-question", async () => {
    const asked = open();
    await asked.see({ outcome: "pass" });
    await replica("FLUSH TABLES WITH READ LOCK; UNLOCK TABLES");
    const [row] = await replica("SELECT id FROM information_schema.processlist WHERE user='monitor'");
    await replica(`KILL ${String(row?.id)}`);
    await until("the hint", () => asked.hints.length > 0);
    expect(asked.hints[0]).toContain("connection closed by the server");
    await asked.see({ outcome: "pass" });
    expect(asked.hints).toHaveLength(1);
  });
});

describe("a MariaDB replica over its kept connection", () => {
  it("asks one statement a question, and a new connection every fresh_every-th time", async () => {
    const asked = open({ fresh_every: 3 });
    const counted = async (): Promise<number> => {
      const [row] = await replica("SHOW GLOBAL STATUS LIKE 'Connections'");
      return Number(row?.Value);
    };
    const before = await counted();
    for (let i = 0; i < 6; i += 1) await asked.ask();
    expect((await counted()) - before).toBe(2);
    const open2 = await replica("SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user='monitor'");
    expect(Number(open2[0]?.n)).toBe(1);
  });

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
    expect(kept.hints).toEqual([]);
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

describe("a MariaDB replica whose primary is gone", () => {
  it("warns within a second when the primary was killed, and passes when it is back", async () => {
    const asked = open();
    await asked.see({ outcome: "pass" });
    pair.primary.signal("SIGKILL");
    const seen = await asked.see({ outcome: "warn", facts: { ioRunning: false, sqlRunning: true } });
    expect(seen.reason).toMatch(/^replication io connecting/);
    await asked.see({ outcome: "warn", reason: /20(03|13)/ });
    await pair.primary.restart();
    await asked.see({ outcome: "pass" });
  });

  it("stays green when the primary hangs, until slave_net_timeout: only a heartbeat shows that", async () => {
    const asked = open();
    await asked.see({ outcome: "pass" });
    pair.primary.signal("SIGSTOP");
    await sleep(1500);
    expect(await asked.ask()).toMatchObject({ outcome: "pass", facts: { lagSeconds: 0 } });
    await asked.see({ outcome: "warn" });
    pair.primary.signal("SIGCONT");
    await asked.see({ outcome: "pass" });
  });
});

describe("a MariaDB that is no replica", () => {
  it("fails a member, claims to lead when it is writable, and is judged as the primary where it is the backup", async () => {
    const lone = await startMariadb([], 3);
    try {
      const member = await open({}, lone.port).ask();
      expect(member).toMatchObject({
        outcome: "fail",
        reason: "no replica: writable, replicates from nowhere",
        facts: { role: "none" },
        claim: { role: "writer", follows: null },
      });
      const backup = asking(mysqlReplica, MONITOR, targetAt(lone.port, "backup"));
      opened.push(backup);
      expect(await backup.ask()).toMatchObject({ outcome: "pass", reason: "writable", facts: { role: "primary" } });
      await follow(lone, pair.primary);
      await backup.see({ outcome: "fail", reason: /^replicates from/ });
      await lone.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=1");
      await backup.see({ outcome: "fail", reason: /^read_only is on/ });
    } finally {
      await lone.stop();
    }
  });
});
