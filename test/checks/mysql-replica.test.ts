// The conversation with servers that no package here can show: other versions, refusals, connections that break.
import { afterEach, describe, expect, it } from "vitest";
import { mysqlPrimary } from "../../checks/mysql-primary.ts";
import { mysqlReplica } from "../../checks/mysql-replica.ts";
import { type FakeAnswer, type FakeMysql, type FakeScript, startFakeMysql } from "../servers/fake-mysql.ts";
import type { SqlRow } from "../servers/mariadb.ts";
import { until } from "../servers/process.ts";
import { type Asking, asking, targetAt } from "./mysql-asking.ts";

const NOT_UNDERSTOOD = { errno: 1064, message: "You have an error in your SQL syntax" };

/** Columns of MySQL 5.7's SHOW SLAVE STATUS, in its order. */
const COLUMNS_57 =
  "Slave_IO_State Master_Host Master_User Master_Port Connect_Retry Master_Log_File Read_Master_Log_Pos Relay_Log_File Relay_Log_Pos Relay_Master_Log_File Slave_IO_Running Slave_SQL_Running Replicate_Do_DB Replicate_Ignore_DB Replicate_Do_Table Replicate_Ignore_Table Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno Last_Error Skip_Counter Exec_Master_Log_Pos Relay_Log_Space Until_Condition Until_Log_File Until_Log_Pos Master_SSL_Allowed Master_SSL_CA_File Master_SSL_CA_Path Master_SSL_Cert Master_SSL_Cipher Master_SSL_Key Seconds_Behind_Master Master_SSL_Verify_Server_Cert Last_IO_Errno Last_IO_Error Last_SQL_Errno Last_SQL_Error Replicate_Ignore_Server_Ids Master_Server_Id Master_UUID Master_Info_File SQL_Delay SQL_Remaining_Delay Slave_SQL_Running_State Master_Retry_Count Master_Bind Last_IO_Error_Timestamp Last_SQL_Error_Timestamp Master_SSL_Crl Master_SSL_Crlpath Retrieved_Gtid_Set Executed_Gtid_Set Auto_Position Replicate_Rewrite_DB Channel_Name Master_TLS_Version".split(
    " ",
  );
const NEWER = ["Master_public_key_path", "Get_master_public_key", "Network_Namespace"];

/** 8.0.22 and later say replica and source. */
const modern = (name: string): string =>
  name.replace("Slave_", "Replica_").replace("Master", "Source").replace("master", "source");

const row = (columns: readonly string[], change: Readonly<Record<string, unknown>> = {}): SqlRow => {
  const values: Readonly<Record<string, unknown>> = {
    IO_Running: "Yes",
    SQL_Running: "Yes",
    Host: "10.0.0.1",
    Port: 3306,
    Server_Id: 1,
    Last_IO_Errno: 0,
    Last_SQL_Errno: 0,
    SQL_Delay: 0,
    ...change,
  };
  const value = (name: string): unknown => {
    if (/^Seconds_Behind/.test(name)) return "lag" in values ? values.lag : 4;
    const short = name.replace(/^(Slave|Replica|Master|Source)_/, "");
    return values[name] ?? values[short] ?? "";
  };
  return Object.fromEntries(columns.map((name) => [name, value(name)]));
};

interface Release {
  readonly version: string;
  readonly statement: RegExp;
  readonly columns: readonly string[];
}

const releases: Readonly<Record<string, Release>> = {
  "5.7": { version: "5.7.44-log", statement: /^SHOW SLAVE STATUS$/, columns: COLUMNS_57 },
  "8.0.21": { version: "8.0.21", statement: /^SHOW SLAVE STATUS$/, columns: [...COLUMNS_57, ...NEWER] },
  "8.0.40": {
    version: "8.0.40",
    statement: /^SHOW (REPLICA|SLAVE) STATUS$/,
    columns: [...COLUMNS_57, ...NEWER].map(modern),
  },
  "8.4": { version: "8.4.5", statement: /^SHOW REPLICA STATUS$/, columns: [...COLUMNS_57, ...NEWER].map(modern) },
};

const script = (
  release: Release,
  rows: () => FakeAnswer = () => [row(release.columns)],
  claimed = release.version,
): FakeScript => ({
  version: release.version,
  answer: (sql) => {
    if (sql.includes("@@version")) return [{ version: claimed, read_only: 1 }];
    return release.statement.test(sql) ? rows() : NOT_UNDERSTOOD;
  },
});

const release = (name: string): Release => {
  const found = releases[name];
  if (found === undefined) throw new Error(name);
  return found;
};

const started: FakeMysql[] = [];
const opened: Asking[] = [];

const serve = async (first: FakeScript): Promise<FakeMysql> => {
  const fake = await startFakeMysql(first);
  started.push(fake);
  return fake;
};
const open = (fake: FakeMysql, options: object = {}, checker = mysqlReplica): Asking => {
  const made = asking(checker, { user: "monitor", password: "s3cret", ...options }, targetAt(fake.port));
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  for (const each of started.splice(0)) await each.stop();
});

describe("a replica of each version of MySQL", () => {
  it.each(Object.keys(releases))("%s is read", async (name) => {
    const fake = await serve(script(release(name)));
    expect(await open(fake).ask()).toMatchObject({
      outcome: "pass",
      reason: "lag 4s",
      facts: { lagSeconds: 4, ioRunning: true, sqlRunning: true, primary: "10.0.0.1:3306", readOnly: true },
      claim: { role: "reader", follows: "10.0.0.1:3306" },
    });
    expect(fake.asked).toHaveLength(2);
  });

  it.each(Object.keys(releases))("%s warns by an unknown lag, which is not 0", async (name) => {
    const { columns } = release(name);
    const fake = await serve(script(release(name), () => [row(columns, { lag: null, IO_Running: "Connecting" })]));
    expect(await open(fake).ask()).toMatchObject({ outcome: "warn", facts: { lagSeconds: null, ioRunning: false } });
  });

  it("is asked in the old words when a proxy claims a newer one, once a connection", async () => {
    const fake = await serve(script(release("5.7"), undefined, "8.4.0"));
    const asked = open(fake);
    await asked.ask();
    await asked.ask();
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
    const statements = fake.asked.filter((sql) => sql.startsWith("SHOW"));
    expect(statements).toEqual(["SHOW REPLICA STATUS", "SHOW SLAVE STATUS", "SHOW SLAVE STATUS", "SHOW SLAVE STATUS"]);
  });

  it("is decided by its worst channel", async () => {
    const { columns } = release("8.4");
    const rows = [row(columns), row(columns, { Channel_Name: "b", SQL_Running: "No", Last_SQL_Errno: 1062 })];
    const fake = await serve(script(release("8.4"), () => rows));
    expect(await open(fake).ask()).toMatchObject({
      outcome: "warn",
      reason: "channel b: replication sql stopped: 1062",
    });
    expect(await open(fake, { channel: "" }).ask()).toMatchObject({ outcome: "pass" });
  });

  it("is our own fault when no wording is understood", async () => {
    const fake = await serve(script({ ...release("8.4"), statement: /^nothing$/ }));
    expect(await open(fake).ask()).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^1064 /) });
  });
});

describe("a server that turns the checker away", () => {
  const healthy = script(release("8.4"));

  it.each([
    [1129, "Host '10.0.0.9' is blocked because of many connection errors", "unknown"],
    [1130, "Host '10.0.0.9' is not allowed to connect", "unknown"],
    [1040, "Too many connections", "warn"],
  ] as const)("in place of a greeting: %i %s", async (errno, message, outcome) => {
    const fake = await serve({ ...healthy, turnAway: { errno, message } });
    const seen = await open(fake).ask();
    expect(seen).toMatchObject({ outcome, reason: expect.stringContaining(`${errno} ${message}`) });
  });

  it.each([
    [1203, "User monitor already has more than 'max_user_connections'", "warn"],
    [1226, "User has exceeded the resource", "unknown"],
    [1862, "Your password has expired", "unknown"],
    [3032, "The server is currently in offline mode", "fail"],
  ] as const)("at the login: %i %s", async (errno, message, outcome) => {
    const fake = await serve({ ...healthy, refuseLogin: { errno, message } });
    const seen = await open(fake).ask();
    expect(seen).toMatchObject({ outcome, reason: expect.stringContaining(String(errno)) });
    expect(JSON.stringify(seen)).not.toContain("s3cret");
  });

  it("is worse for the floor when it is full than when it is late", async () => {
    const fake = await serve({ ...healthy, turnAway: { errno: 1040, message: "Too many connections" } });
    const full = await open(fake).ask();
    fake.play(script(release("8.4"), () => [row(release("8.4").columns, { SQL_Running: "No" })]));
    const stopped = await open(fake).ask();
    expect(Number(full.facts.badness)).toBeGreaterThan(Number(stopped.facts.badness));
  });
});

describe("a connection that is kept", () => {
  const healthy = script(release("8.4"));

  it("serves until every fresh_every-th question, then another takes its place", async () => {
    const fake = await serve(healthy);
    const asked = open(fake, { fresh_every: 4 });
    for (let i = 0; i < 4; i += 1) await asked.ask();
    expect(fake.connections()).toEqual({ made: 1, open: 1 });
    await asked.ask();
    expect(fake.connections().made).toBe(2);
    await until("the first one to be closed", () => fake.connections().open === 1);
    expect(asked.hints).toEqual([]);
  });

  it("is closed with the probe", async () => {
    const fake = await serve(healthy);
    const asked = open(fake);
    await asked.ask();
    await asked.probe.close();
    await until("the connection to be closed", () => fake.connections().open === 0);
    expect(asked.hints).toEqual([]);
  });

  it("hints when it is closed between two questions, once, and the next question makes another", async () => {
    const fake = await serve(healthy);
    const asked = open(fake);
    await asked.ask();
    fake.hangUp();
    await until("the hint", () => asked.hints.length > 0);
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
    expect(asked.hints).toEqual([`127.0.0.1:${fake.port}: connection closed by the server`]);
  });

  it("hints when it is closed in mid-question, which fails", async () => {
    const fake = await serve(healthy);
    const asked = open(fake);
    await asked.ask();
    fake.play(script(release("8.4"), () => "hang up"));
    expect(await asked.ask()).toMatchObject({
      outcome: "fail",
      reason: expect.stringMatching(/connection (closed|reset)/),
    });
    await until("the hint", () => asked.hints.length > 0);
    fake.play(healthy);
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
  });

  it("is cut when an answer does not come in time: no later question gets it", async () => {
    const fake = await serve(healthy);
    const asked = open(fake);
    await asked.ask();
    fake.play(script(release("8.4"), () => "silence"));
    expect(await asked.ask(100)).toMatchObject({
      outcome: "fail",
      reason: expect.stringMatching(/^connected, but no answer/),
    });
    await until("the connection to be cut", () => fake.connections().open === 0);
    fake.play(healthy);
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
    expect(fake.connections().made).toBe(2);
    expect(asked.hints).toEqual([]);
  });

  it("stays open, and is not asked, while no new one is let in: it still tells when the server dies", async () => {
    const fake = await serve(healthy);
    const asked = open(fake, { fresh_every: 2 });
    await asked.ask();
    await asked.ask();
    fake.play({ ...healthy, turnAway: { errno: 1040, message: "Too many connections" } });
    expect(await asked.ask()).toMatchObject({ outcome: "warn" });
    expect(await asked.ask()).toMatchObject({ outcome: "warn" });
    expect(fake.connections().made).toBe(3);
    fake.hangUp();
    await until("the hint", () => asked.hints.length > 0);
    fake.play(healthy);
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
    expect(fake.connections().made).toBe(4);
  });

  it("survives a refused statement", async () => {
    const fake = await serve(script(release("8.4"), () => ({ errno: 1227, message: "Access denied" })));
    const asked = open(fake);
    for (let i = 0; i < 3; i += 1) {
      expect(await asked.ask()).toMatchObject({
        outcome: "unknown",
        reason: "missing grant: GRANT REPLICATION CLIENT ON *.* TO 'monitor' (1227)",
      });
    }
    expect(fake.connections().made).toBe(1);
  });
});

describe("a primary of MySQL", () => {
  const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const leads = (readOnly: number, channels: FakeAnswer): FakeScript => ({
    version: "5.7.44",
    answer: (sql) => {
      if (sql.includes("@@version")) return [{ version: "5.7.44", read_only: readOnly }];
      if (sql.startsWith("SHOW")) return channels;
      return [{ read_only: readOnly, id: uuid, executed: `${uuid}:1-42` }];
    },
  });

  it("claims to lead with its term and lineage", async () => {
    const fake = await serve(leads(0, []));
    expect(await open(fake, {}, mysqlPrimary).ask()).toMatchObject({
      outcome: "pass",
      reason: "writable",
      claim: { role: "writer", follows: null, term: 42, lineage: [uuid] },
    });
  });

  it("is one also when a promotion left its channel behind, stopped, and not while one connects", async () => {
    const { columns } = release("5.7");
    const fake = await serve(leads(0, [row(columns, { IO_Running: "No", SQL_Running: "No" })]));
    const asked = open(fake, {}, mysqlPrimary);
    expect(await asked.ask()).toMatchObject({ outcome: "pass" });
    fake.play(leads(0, [row(columns, { IO_Running: "Connecting" })]));
    expect(await asked.ask()).toMatchObject({
      outcome: "fail",
      reason: "replicates from 10.0.0.1:3306, expected a primary",
      claim: { role: "reader", follows: "10.0.0.1:3306" },
    });
  });

  it("of 5.7 is found in its group by the status variable", async () => {
    const fake = await serve({
      version: "5.7.44",
      answer: (sql) => {
        if (sql.includes("MEMBER_ROLE")) return { errno: 1054, message: "Unknown column 'MEMBER_ROLE'" };
        if (sql.includes("MEMBER_STATE")) return [{ own: 1, state: "ONLINE", role: "PRIMARY" }];
        return leads(0, []).answer(sql);
      },
    });
    expect(await open(fake, { group_replication: true }, mysqlPrimary).ask()).toMatchObject({
      outcome: "pass",
      facts: { memberRole: "PRIMARY", members: 1 },
    });
  });
});

describe("options", () => {
  it.each([
    ["no user", { password: "x" }],
    ["an unknown key", { user: "u", colour: "green" }],
    ["two kinds of cluster", { user: "u", galera: true, group_replication: "any" }],
    ["a cluster with a limit of lag", { user: "u", galera: true, max_lag: "3s" }],
    ["a cluster with a heartbeat", { user: "u", group_replication: "any", heartbeat: {} }],
    ["a table without its database", { user: "u", heartbeat: { table: "heartbeat" } }],
    ["a table that is more than a name", { user: "u", galera: { table: "a.b; DROP TABLE c" } }],
    ["no whole number of questions", { user: "u", fresh_every: 0 }],
  ])("are refused with %s", (_what, options) => {
    expect(mysqlReplica.options.safeParse(options).success).toBe(false);
  });

  it("hide the password wherever they are printed", () => {
    const parsed = mysqlReplica.options.parse({ user: "u", password: "s3cret" });
    expect(JSON.stringify(parsed)).not.toContain("s3cret");
    expect(JSON.stringify(parsed)).toContain("[secret]");
  });
});
