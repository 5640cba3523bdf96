// Decisions about replicas, heartbeats, clusters, histories and errors: no server.
import { describe, expect, it } from "vitest";
import { dialectOf, listGrant, listStatements, statusGrant, statusStatements } from "../../checks/lib/mysql/dialect.ts";
import { faultKind, faultOf, isNotGranted, isOtherVersion, Saturated } from "../../checks/lib/mysql/fault.ts";
import { fitness, type Limits, rankOf, staleness, worst } from "../../checks/lib/mysql/fitness.ts";
import { judgeGalera, readGalera } from "../../checks/lib/mysql/galera.ts";
import { isGreeting } from "../../checks/lib/mysql/greeting.ts";
import { judgeGroup, readGroup } from "../../checks/lib/mysql/group.ts";
import { heartbeatStatements, readHeartbeat } from "../../checks/lib/mysql/heartbeat.ts";
import { readHistory } from "../../checks/lib/mysql/history.ts";
import { heartbeatSchema, quotedTable } from "../../checks/lib/mysql/options.ts";
import { distinct, readFetchers, readRegistered } from "../../checks/lib/mysql/replica-list.ts";
import { type ChannelStatus, isOn, readChannel, readChannels, type SqlRow } from "../../checks/lib/mysql/status.ts";
import { OwnFault } from "../../src/index.ts";

const limits: Limits = { maxLagMs: 30_000, staleLimitMs: null, heartbeatIntervalMs: 1000 };

const channel = (change: Partial<ChannelStatus> = {}): ChannelStatus => ({
  channel: "",
  io: "Yes",
  sql: "Yes",
  lagSeconds: 0,
  delaySeconds: 0,
  primary: "10.0.0.1:3306",
  primaryServerId: 1,
  ioError: null,
  sqlError: null,
  ...change,
});

const judged = (
  change: Partial<ChannelStatus>,
  heartbeatLagSeconds: number | null = null,
  more: Partial<Limits> = {},
) => fitness({ status: channel(change), heartbeatLagSeconds, staleSeconds: 40 }, { ...limits, ...more });

describe("fitness of a replica", () => {
  it.each([
    ["healthy", {}, null, "pass", "lag 0s"],
    ["at the limit", { lagSeconds: 30 }, null, "pass", "lag 30s"],
    ["beyond the limit", { lagSeconds: 31 }, null, "warn", "lag 31s, max_lag 30s"],
    ["late on purpose", { lagSeconds: 3600, delaySeconds: 3600 }, null, "pass", "lag 0s, delayed 3600s on purpose"],
    ["late beyond its purpose", { lagSeconds: 3631, delaySeconds: 3600 }, null, "warn", "lag 31s, max_lag 30s"],
    ["lag unknown though both run", { lagSeconds: null }, null, "warn", "replication lag is not known"],
    ["io connecting", { io: "Connecting", lagSeconds: null }, null, "warn", "replication io connecting: no error"],
    ["io preparing", { io: "Preparing", lagSeconds: null }, null, "warn", "replication io preparing: no error"],
    ["io stopped", { io: "No", lagSeconds: null, ioError: "1236 x" }, null, "warn", "replication io stopped: 1236 x"],
    [
      "sql stopped",
      { sql: "No", lagSeconds: null, sqlError: "1062 y" },
      null,
      "warn",
      "replication sql stopped: 1062 y",
    ],
    [
      "stopped, with a lag from before",
      { sql: "No", lagSeconds: 0 },
      null,
      "warn",
      "replication sql stopped: no error",
    ],
    ["a young heartbeat", {}, 0.4, "pass", "lag 0s, heartbeat 400ms"],
    ["a heartbeat at limit and interval", {}, 31, "pass", "lag 0s, heartbeat 31s"],
    ["an old heartbeat", {}, 31.5, "warn", "heartbeat 31s old, max_lag 30s"],
    ["both late", { lagSeconds: 50 }, 60, "warn", "lag 50s, max_lag 30s"],
    ["a named channel", { channel: "c1", lagSeconds: 50 }, null, "warn", "channel c1: lag 50s, max_lag 30s"],
  ] as const)("%s", (_what, change, heartbeat, outcome, reason) => {
    expect(judged(change, heartbeat)).toMatchObject({ outcome, reason });
  });

  it("is worse when io is stopped than at any lag, and worst when sql is stopped", () => {
    const order = [
      judged({}),
      judged({ lagSeconds: 31 }),
      judged({}, 5000),
      judged({ lagSeconds: 900_000 }),
      judged({ io: "No", lagSeconds: null }),
      judged({ sql: "No", lagSeconds: null }),
    ].map(({ badness }) => badness);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(order.length);
    expect(order[0]).toBe(0);
  });

  it("fails when the data is older than stale_limit, whatever made it stale", () => {
    for (const change of [{ lagSeconds: 31 }, { io: "Connecting" }, { sql: "No" }]) {
      expect(judged(change, null, { staleLimitMs: 39_000 })).toMatchObject({
        outcome: "fail",
        reason: expect.stringMatching(/^stale for 40s, limit 39s: /),
      });
      expect(judged(change, null, { staleLimitMs: 40_000 })).toMatchObject({ outcome: "warn" });
    }
    expect(judged({}, null, { staleLimitMs: 1 })).toMatchObject({ outcome: "pass" });
  });

  it("is decided by the channel that is furthest from fit, the first of equals", () => {
    const [good, late, later, io, sql] = [
      channel(),
      channel({ channel: "late", lagSeconds: 31 }),
      channel({ channel: "later", lagSeconds: 32 }),
      channel({ channel: "io", io: "No", lagSeconds: null }),
      channel({ channel: "sql", sql: "No", lagSeconds: null }),
    ];
    expect(worst([], limits)).toBeNull();
    expect(worst([good, channel({ channel: "b" })], limits)).toBe(good);
    expect(worst([good, late, later], limits)).toBe(later);
    expect(worst([later, io, good], limits)).toBe(io);
    expect(worst([io, sql, later], limits)).toBe(sql);
    expect([good, late, io, sql].map((each) => rankOf(each, limits))).toEqual([0, 1, 2, 3]);
  });

  it("ages by the clock while the lag is not known, from the last that was", () => {
    const known = staleness(null, 5, 10_000);
    expect(known.staleSeconds).toBe(5);
    const later = staleness(known.memory, null, 17_000);
    expect(later.staleSeconds).toBe(12);
    expect(staleness(later.memory, null, 20_000).staleSeconds).toBe(15);
    expect(staleness(later.memory, 2, 21_000).staleSeconds).toBe(2);
    expect(staleness(null, null, 5000)).toMatchObject({ staleSeconds: 0 });
  });
});

describe("rows of replication states", () => {
  const mysql57: SqlRow = {
    Slave_IO_Running: "Yes",
    Slave_SQL_Running: "Yes",
    Seconds_Behind_Master: 3,
    Master_Host: "db1",
    Master_Port: 3306,
    Master_Server_Id: 7,
    SQL_Delay: 2,
    Channel_Name: "c",
    Last_IO_Errno: 0,
    Last_SQL_Errno: 0,
  };
  const mysql80: SqlRow = {
    Replica_IO_Running: "Yes",
    Replica_SQL_Running: "Yes",
    Seconds_Behind_Source: "3",
    Source_Host: "db1",
    Source_Port: "3306",
    Source_Server_Id: "7",
    SQL_Delay: "2",
    Channel_Name: "c",
    Last_IO_Errno: "0",
    Last_SQL_Errno: "0",
  };
  const { Channel_Name: _gone, ...rest } = mysql57;
  const mariadb: SqlRow = { Connection_name: "c", ...rest };

  it.each([
    ["MySQL 5.7", mysql57],
    ["MySQL 8", mysql80],
    ["MariaDB", mariadb],
  ])("of %s are read by their names", (_what, row) => {
    expect(readChannel(row)).toEqual(
      channel({ channel: "c", lagSeconds: 3, delaySeconds: 2, primary: "db1:3306", primaryServerId: 7 }),
    );
  });

  it("never read NULL as 0, nor a thread that is not named as running", () => {
    expect(readChannel({ ...mysql80, Seconds_Behind_Source: null }).lagSeconds).toBeNull();
    expect(readChannel({ ...mysql57, Seconds_Behind_Master: undefined }).lagSeconds).toBeNull();
    expect(readChannel({})).toMatchObject({ io: "No", sql: "No", lagSeconds: null, primary: null });
  });

  it("tell errors on one short line, and a v6 primary in brackets", () => {
    const row = { ...mysql80, Last_IO_Errno: 2003, Last_IO_Error: `a\n\tb${"x".repeat(300)}`, Source_Host: "fd00::1" };
    const read = readChannel(row);
    expect(read.ioError).toMatch(/^2003 a bx+…$/);
    expect(read.ioError?.length).toBeLessThanOrEqual(120);
    expect(read.primary).toBe("[fd00::1]:3306");
    expect(read.sqlError).toBeNull();
  });

  it("leave out the channels of group replication, which rest once a member has joined", () => {
    const rows = [mysql80, { ...mysql80, Channel_Name: "group_replication_recovery", Replica_IO_Running: "No" }];
    expect(readChannels(rows).map((each) => each.channel)).toEqual(["c"]);
  });

  it.each([
    [0, false],
    ["0", false],
    ["OFF", false],
    [null, false],
    [1, true],
    ["ON", true],
    ["NO_LOCK", true],
    ["NO_LOCK_NO_ADMIN", true],
  ])("read the switch %s as %s", (value, on) => {
    expect(isOn(value)).toBe(on);
  });
});

describe("statements and grants by version", () => {
  it.each([
    ["5.7.44-log", "SHOW SLAVE STATUS", "SHOW SLAVE HOSTS", "REPLICATION CLIENT", "REPLICATION SLAVE"],
    ["8.0.21", "SHOW SLAVE STATUS", "SHOW SLAVE HOSTS", "REPLICATION CLIENT", "REPLICATION SLAVE"],
    ["8.0.22", "SHOW REPLICA STATUS", "SHOW REPLICAS", "REPLICATION CLIENT", "REPLICATION SLAVE"],
    ["8.4.5", "SHOW REPLICA STATUS", "SHOW REPLICAS", "REPLICATION CLIENT", "REPLICATION SLAVE"],
    ["9.7.4", "SHOW REPLICA STATUS", "SHOW REPLICAS", "REPLICATION CLIENT", "REPLICATION SLAVE"],
    ["10.5.1-MariaDB", "SHOW ALL SLAVES STATUS", "SHOW SLAVE HOSTS", "REPLICATION CLIENT", "REPLICATION SLAVE"],
    ["10.5.5-MariaDB", "SHOW ALL SLAVES STATUS", "SHOW SLAVE HOSTS", "REPLICATION SLAVE ADMIN", "REPLICATION SLAVE"],
    ["10.11.6-MariaDB-log", "SHOW ALL SLAVES STATUS", "SHOW SLAVE HOSTS", "SLAVE MONITOR", "REPLICATION MASTER ADMIN"],
    ["5.5.5-11.8.6-MariaDB", "SHOW ALL SLAVES STATUS", "SHOW SLAVE HOSTS", "SLAVE MONITOR", "REPLICATION MASTER ADMIN"],
  ])("%s", (version, status, list, statusPrivilege, listPrivilege) => {
    const dialect = dialectOf(version);
    expect(statusStatements(dialect)[0]).toBe(status);
    expect(new Set(statusStatements(dialect)).size).toBe(3);
    expect(listStatements(dialect)[0]).toBe(list);
    expect(statusGrant(dialect, "u")).toBe(`GRANT ${statusPrivilege} ON *.* TO 'u'`);
    expect(listGrant(dialect, "u")).toBe(`GRANT ${listPrivilege} ON *.* TO 'u'`);
  });
});

describe("errors", () => {
  const error = (parts: object, message = "text"): Error => Object.assign(new Error(message), parts);

  it.each([
    ["own", [1044, 1045, 1049, 1129, 1130, 1142, 1146, 1226, 1227, 1524, 1820, 1862, 3118, 3159, 4151]],
    ["saturated", [1040, 1203]],
    ["down", [1047, 1053, 1290, 1317, 1969, 3032]],
  ] as const)("are %s by their number, whatever name they come with", (kind, numbers) => {
    for (const errno of numbers)
      expect([errno, faultKind({ errno, code: "NONSENSE", message: "" })]).toEqual([errno, kind]);
  });

  it("are thrown as their kind, with the number", () => {
    expect(faultOf(error({ errno: 1045 }, "Access denied"))).toMatchObject({
      name: "OwnFault",
      message: "1045 Access denied",
    });
    expect(faultOf(error({ errno: 1040 }))).toBeInstanceOf(Saturated);
    expect(faultOf(error({ errno: 3032 }))).not.toBeInstanceOf(OwnFault);
    expect(faultOf(error({ code: "AUTH_SWITCH_PLUGIN_ERROR" }))).toBeInstanceOf(OwnFault);
  });

  it("name the grant that a statement wants, where it was one", () => {
    const missing = faultOf(error({ errno: 1227 }), "GRANT X ON *.* TO 'u'");
    expect(missing).toMatchObject({ name: "OwnFault", message: "missing grant: GRANT X ON *.* TO 'u' (1227)" });
    expect(isNotGranted(missing)).toBe(true);
    expect(faultOf(error({ errno: 1045 }, "no"), "GRANT X").message).toBe("1045 no");
  });

  it("keep their number when they were wrapped", () => {
    expect(isOtherVersion(faultOf(error({ errno: 1064 })))).toBe(true);
    expect(isOtherVersion(faultOf(error({ errno: 1045 })))).toBe(false);
    expect(isNotGranted(faultOf(error({ errno: 1142 })))).toBe(true);
    expect(isOtherVersion("text")).toBe(false);
  });

  it("of the network stay what they are, and Node's codes come back where the library hid them", () => {
    const refused = error({ code: "ECONNREFUSED", errno: -111 });
    expect(faultOf(refused)).toBe(refused);
    expect(faultOf(error({ code: "PROTOCOL_CONNECTION_LOST" })).message).toBe("connection closed without an answer");
    const hidden = (message: string) => faultOf(error({ code: "HANDSHAKE_SSL_ERROR" }, message));
    expect(hidden("self-signed certificate")).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(hidden("certificate has expired")).toMatchObject({ code: "CERT_HAS_EXPIRED" });
    expect(hidden("Client network socket disconnected before secure TLS connection was established")).toMatchObject({
      code: "ECONNRESET",
    });
    expect(hidden("something else").message).toBe("TLS: something else");
    expect(faultOf(error({ code: "HANDSHAKE_NO_SSL_SUPPORT" })).message).toBe("TLS: the server does not speak TLS");
    expect(faultOf("a text").message).toBe("a text");
  });
});

describe("a heartbeat", () => {
  const options = heartbeatSchema().parse({});
  const read = (age: unknown, delay = 0, more: object = {}) =>
    readHeartbeat(age === undefined ? [] : [{ age }], { ...options, ...more }, 1, delay);

  it.each([
    ["0.4217", 0, 0.422],
    ["-0.3", 0, 0],
    ["45.5", 0, 45.5],
    ["3600.5", 3600, 0.5],
    ["2", 3600, 0],
    ["1795", 0, 1795],
    ["1803", 0, 1803],
    ["99999", 0, 99999],
  ])("%s seconds old, delayed by %s, is a lag of %s", (age, delay, lag) => {
    expect(read(age, delay)).toBe(lag);
  });

  it.each([
    ["-5", 0],
    ["1800.2", 0],
    ["18000.46", 0],
    ["19800.9", 0],
    ["21600.7", 3600],
    ["-14400", 3600],
    ["14401.43", 2],
    ["18002.1", 2],
  ])("%s seconds old, delayed by %s, is of another zone", (age, delay) => {
    expect(() => read(age, delay)).toThrow(/another time zone or clock/);
  });

  it("is our own fault when it is missing or cannot be read", () => {
    expect(() => read(undefined)).toThrow(OwnFault);
    expect(() => read(null)).toThrow("percona.heartbeat holds no time that can be read");
  });

  it("is asked for by server_id in quotes, in the configured zone, then in the old table", () => {
    expect(heartbeatStatements(options, 5)).toEqual([
      "SELECT TIMESTAMPDIFF(MICROSECOND, ts, UTC_TIMESTAMP(6)) / 1e6 AS age FROM `percona`.`heartbeat` WHERE server_id = 5",
      "SELECT TIMESTAMPDIFF(MICROSECOND, ts, UTC_TIMESTAMP(6)) / 1e6 AS age FROM `percona`.`heartbeat` ORDER BY id LIMIT 1",
    ]);
    const named = heartbeatStatements({ ...options, utc: false, server_id: 9 }, 9);
    expect(named[0]).toMatch(/NOW\(6\).*server_id = 9$/);
    expect(named[1]).toMatch(/WHERE id = 9$/);
    expect(quotedTable("a_b.c$d")).toBe("`a_b`.`c$d`");
    expect(heartbeatSchema().safeParse({ table: "a`b.c" }).success).toBe(false);
  });
});

describe("a Galera node", () => {
  const state = (change: object = {}, rejects = "NONE") => {
    const values = {
      wsrep_ready: "ON",
      wsrep_cluster_status: "Primary",
      wsrep_local_state: "4",
      wsrep_local_state_comment: "Synced",
      wsrep_cluster_size: "3",
      ...change,
    };
    const rows = Object.entries(values).map(([Variable_name, Value]) => ({ Variable_name, Value }));
    return readGalera(rows, rejects);
  };

  it.each([
    ["synced", {}, "NONE", "pass"],
    ["a donor", { wsrep_local_state: "2" }, "NONE", "warn"],
    ["joining", { wsrep_local_state: "1" }, "NONE", "fail"],
    ["joined", { wsrep_local_state: "3" }, "NONE", "fail"],
    ["not ready", { wsrep_ready: "OFF" }, "NONE", "fail"],
    ["without quorum", { wsrep_cluster_status: "non-Primary" }, "NONE", "fail"],
    ["rejecting", {}, "ALL_KILL", "fail"],
  ] as const)("%s", (_what, change, rejects, outcome) => {
    expect(judgeGalera(state(change, rejects), { donor: false }).outcome).toBe(outcome);
  });

  it("is fit as a donor where that is allowed, and never without a provider", () => {
    expect(judgeGalera(state({ wsrep_local_state: "2" }), { donor: true }).outcome).toBe("pass");
    expect(judgeGalera(readGalera([{ Variable_name: "wsrep_ready", Value: "OFF" }], "NONE"), { donor: true })).toEqual({
      outcome: "fail",
      reason: "Galera: no state, cluster unknown, expected Primary",
    });
  });
});

describe("a member of a replication group", () => {
  const members = (own: string, role: string, ...others: readonly string[]) =>
    readGroup([{ own: 1, state: own, role }, ...others.map((state) => ({ own: 0, state, role: "SECONDARY" }))]);

  it.each([
    ["an online primary", members("ONLINE", "PRIMARY", "ONLINE", "ONLINE"), "PRIMARY", "pass"],
    ["an online secondary", members("ONLINE", "SECONDARY", "ONLINE", "ONLINE"), "SECONDARY", "pass"],
    ["a secondary where the primary is wanted", members("ONLINE", "SECONDARY", "ONLINE"), "PRIMARY", "fail"],
    ["the primary where secondaries are wanted", members("ONLINE", "PRIMARY", "ONLINE"), "SECONDARY", "fail"],
    ["either role where either will do", members("ONLINE", "PRIMARY", "ONLINE"), null, "pass"],
    ["one that recovers", members("RECOVERING", "SECONDARY", "ONLINE"), null, "warn"],
    ["one in error", members("ERROR", "", "ONLINE"), null, "fail"],
    ["one that is stopped", members("OFFLINE", ""), null, "fail"],
    ["one that sees two of three", members("ONLINE", "PRIMARY", "ONLINE", "UNREACHABLE"), "PRIMARY", "pass"],
    ["one that is cut off", members("ONLINE", "PRIMARY", "UNREACHABLE", "UNREACHABLE"), "PRIMARY", "fail"],
    ["one of two halves", members("ONLINE", "PRIMARY", "UNREACHABLE"), "PRIMARY", "fail"],
    ["no member", readGroup([]), null, "fail"],
  ] as const)("%s", (_what, group, wanted, outcome) => {
    expect(judgeGroup(group, wanted).outcome).toBe(outcome);
  });
});

describe("a history", () => {
  const A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const B = "73B1EF5A-E4C5-11F1-AE36-02FC00000001";

  it.each([
    ["none executed", { id: A, executed: "" }, null, [A]],
    ["own", { id: A, executed: `${A}:1-100` }, 100, [A]],
    ["gaps and several writers", { id: B, executed: `${A}:1-5:11,\n${B}:1-20` }, 26, [B.toLowerCase(), A]],
    ["tags", { id: A, executed: `${A}:1-5:blue:1-3:9` }, 9, [A]],
    ["others' only", { id: B, executed: `${A}:1-100` }, 100, [B.toLowerCase()]],
    ["MariaDB's own", { id: 1, position: "0-1-40", state: "0-1-40" }, 40, ["1"]],
    ["MariaDB's domains", { id: 2, position: "0-2-40,7-2-2", state: "0-1-30,0-2-40" }, 42, ["2", "1"]],
    [
      "MariaDB without its own log of what was applied",
      { id: 2, position: "0-2-41", state: "0-2-41", applied: "0-1-40" },
      41,
      ["2", "1"],
    ],
    ["MariaDB's replica", { id: 2, position: "0-1-40", state: "", applied: "0-1-40" }, 40, ["2"]],
    ["nothing", {}, null, []],
  ] as const)("of %s", (_what, row, transactions, lineage) => {
    expect(readHistory({ read_only: 0, ...row })).toEqual({ readOnly: false, transactions, lineage });
  });
});

describe("lists of replicas", () => {
  it("are read by either name, hosts that report nothing among them", () => {
    const rows = [
      { Server_id: 2, Host: "db2", Port: 3306, Master_id: 1 },
      { Server_Id: 3, Host: "", Port: 3307, Source_Id: 1, Replica_UUID: "x" },
    ];
    expect(readRegistered(rows)).toEqual([
      { serverId: "2", host: "db2", port: 3306 },
      { serverId: "3", host: null, port: 3307 },
    ]);
  });

  it("take each fetching address once, of v4, v6 and names", () => {
    const rows = [
      { Command: "Binlog Dump", Host: "10.0.0.2:40000" },
      { Command: "Binlog Dump GTID", Host: "10.0.0.2:40001" },
      { Command: "Binlog Dump GTID", Host: "fd00::2:40002" },
      { Command: "Binlog Dump", Host: "db3.example:4" },
      { Command: "Query", Host: "10.0.0.9:1" },
    ];
    expect(readFetchers(rows)).toEqual(["10.0.0.2", "fd00::2", "db3.example"]);
  });

  it("hold each address once, and never the primary", () => {
    const at = (host: string) => ({ host, port: 3306 });
    const list = distinct({ replicas: [at("a"), at("b"), at("a"), at("p")], refused: [] }, at("p"));
    expect(list.replicas).toEqual([at("a"), at("b")]);
    expect(list.refused.map(({ entry }) => entry)).toEqual(["p:3306"]);
  });
});

describe("a greeting", () => {
  const bytes = (length: number, sequence: number, first: number) =>
    Buffer.from([length & 255, (length >> 8) & 255, length >> 16, sequence, first]);

  it.each([
    ["of version 10", bytes(90, 0, 10), true],
    ["that is a refusal", bytes(60, 0, 255), true],
    ["cut short", bytes(90, 0, 10).subarray(0, 4), null],
    ["of HTTP", Buffer.from("HTTP/1.1 400"), false],
    ["of SMTP", Buffer.from("220 mail"), false],
    ["of Redis", Buffer.from("-ERR unknown"), false],
    ["of another sequence", bytes(90, 1, 10), false],
    ["as long as no greeting", bytes(100_000, 0, 10), false],
  ])("%s", (_what, given, is) => {
    expect(isGreeting(given)).toBe(is);
  });
});
