// The replicas of real primaries, by what they report and by who fetches the binary log.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysql } from "../../../checks/sources/mysql.ts";
import type { Membership } from "../../../src/contract.ts";
import { withDeadline } from "../../../src/engine/deadline.ts";
import { type DatabaseServer, follow, MONITOR, type Pair, startMariadb, startPair } from "../../servers/mariadb.ts";
import { followMysql9, startMysql9, startMysql9Pair } from "../../servers/mysql9.ts";
import { until } from "../../servers/process.ts";
import { clock, testEnv } from "../mysql-asking.ts";

const opened = (options: object) =>
  mysql.create(mysql.options.parse({ ...MONITOR, ...options }), { ...testEnv, pool: "p", hint: () => {} });

const list = (options: object, ms = 5000): Promise<Membership> => {
  const source = opened(options);
  return withDeadline(clock, ms, new AbortController().signal, (signal) => source.list(signal));
};

const at = (server: DatabaseServer): string => `127.0.0.1:${server.port}`;
const members = ({ targets }: Membership): string[] =>
  targets
    .filter(({ part }) => part === "member")
    .map(({ host, port }) => `${host}:${port}`)
    .sort();

describe("replicas of a MariaDB primary", () => {
  let pair: Pair;
  let mute: DatabaseServer;
  const seeing = async (options: object, count: number): Promise<Membership> => {
    const ask = () => list({ primary: at(pair.primary), ...options });
    await until("the replicas", async () => (await ask()).targets.length === count);
    return ask();
  };

  beforeAll(async () => {
    pair = await startPair();
    mute = await startMariadb(["--report-host="], 3);
  });
  afterAll(async () => {
    await mute.stop();
    await pair.stop();
  });

  it("are the ones that report themselves, the primary being the backup", async () => {
    const found = await seeing({}, 2);
    expect(found).toEqual({
      targets: [
        {
          name: `127.0.0.1-${pair.replica.port}`,
          host: "127.0.0.1",
          port: pair.replica.port,
          meta: {},
          part: "member",
        },
        { name: "primary", host: "127.0.0.1", port: pair.primary.port, meta: {}, part: "backup" },
      ],
      refused: [],
    });
    expect((await list({ primary: at(pair.primary), backup: false })).targets).toHaveLength(1);
  });

  it("are known by their address when they fetch the binary log, at the port that is given", async () => {
    await pair.primary.sql("GRANT PROCESS ON *.* TO monitor@'%'");
    const found = await list({ primary: at(pair.primary), discover: "processlist", port: 4000 });
    expect(members(found)).toEqual(["127.0.0.1:4000"]);
  });

  it("are never the primary itself, which is what an address with its port would be", async () => {
    const found = await list({ primary: at(pair.primary), discover: "processlist" });
    expect(members(found)).toEqual([]);
    expect(found.refused).toEqual([{ entry: at(pair.primary), why: expect.stringContaining("the primary itself") }]);
    await pair.primary.sql("REVOKE PROCESS ON *.* FROM monitor@'%'");
  });

  it("are listed with the address they come from when they report none: MariaDB fills it in", async () => {
    await follow(mute, pair.primary);
    const found = await seeing({ discover: "hosts" }, 3);
    expect(members(found)).toEqual([at(pair.replica), at(mute)].sort());
    await mute.sql("STOP SLAVE; RESET SLAVE ALL");
    await seeing({}, 2);
  });

  it("leave the list when they are gone", async () => {
    await pair.replica.sql("STOP SLAVE");
    await seeing({}, 1);
    await pair.replica.sql("START SLAVE");
    await seeing({}, 2);
  });

  it("cannot be told without a grant, which is named, and not be mistaken for none", async () => {
    await pair.primary.sql("CREATE USER low@'%' IDENTIFIED BY 'x'");
    const low = { primary: at(pair.primary), user: "low", password: "x" };
    await expect(list({ ...low, discover: "hosts" })).rejects.toMatchObject({
      name: "OwnFault",
      message: "missing grant: GRANT REPLICATION MASTER ADMIN ON *.* TO 'low' (1227)",
    });
    for (const discover of ["processlist", "auto"]) {
      await expect(list({ ...low, discover })).rejects.toThrow("missing grant: GRANT PROCESS ON *.* TO 'low'");
    }
    await pair.primary.sql("GRANT PROCESS ON *.* TO low@'%'");
    expect(members(await list({ ...low, port: 4001 }))).toEqual(["127.0.0.1:4001"]);
    await pair.replica.sql("STOP SLAVE");
    await until("the end of the dump", async () => members(await list({ ...low, port: 4001 })).length === 0);
    await pair.replica.sql("START SLAVE");
    await seeing({}, 2);
    await pair.primary.sql("DROP USER low@'%'");
  });

  it("are asked of the address that is the primary, and of the new one after a fail-over", async () => {
    const both = opened({ primary: [at(pair.replica), at(pair.primary)] });
    const ask = (ms = 5000) => withDeadline(clock, ms, new AbortController().signal, (signal) => both.list(signal));
    expect(members(await ask())).toEqual([at(pair.replica)]);
    await pair.replica.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=0");
    await follow(pair.primary, pair.replica);
    await pair.primary.sql("SET GLOBAL read_only=1");
    await until("the new primary", async () => members(await ask())[0] === at(pair.primary));
    const after = await ask();
    expect(after.targets.at(-1)).toMatchObject({ name: "primary", port: pair.replica.port });
  });

  it("are listed while one of the addresses hangs, and throw when no address answers", async () => {
    const both = opened({ primary: [at(pair.primary), at(pair.replica)] });
    const ask = (ms: number) => withDeadline(clock, ms, new AbortController().signal, (signal) => both.list(signal));
    pair.primary.signal("SIGSTOP");
    expect((await ask(5000)).targets.at(-1)).toMatchObject({ name: "primary", port: pair.replica.port });
    pair.replica.signal("SIGSTOP");
    await expect(ask(300)).rejects.toThrow("no answer within 300ms");
    pair.replica.signal("SIGCONT");
    pair.primary.signal("SIGCONT");
    expect((await ask(5000)).targets).toHaveLength(2);
    await expect(list({ primary: "127.0.0.1:1" })).rejects.toThrow("ECONNREFUSED");
    await expect(list({ primary: at(pair.primary), password: "wrong" })).rejects.toMatchObject({ name: "OwnFault" });
    await expect(list({ primary: [at(pair.primary), "127.0.0.1:1"] })).rejects.toThrow(/read-only|ECONNREFUSED/);
  });
});

describe("replicas of a MySQL 9 primary", () => {
  it("are the ones that report themselves; the others are refused, or known by their address", async () => {
    const pair = await startMysql9Pair();
    const mute = await startMysql9(["--report-host=", "--read-only=1"], 3);
    const primary = at(pair.primary);
    try {
      await until("the replica", async () => members(await list({ primary })).length === 1);
      expect(members(await list({ primary }))).toEqual([at(pair.replica)]);
      await followMysql9(mute, pair.primary);
      await until("the mute one", async () => (await list({ primary })).refused.length === 1);
      const both = await list({ primary });
      expect(members(both)).toEqual([at(pair.replica)]);
      expect(both.refused).toEqual([{ entry: "server_id 3", why: "it sets no report_host" }]);
      await pair.replica.sql("STOP REPLICA");
      const registered = () => pair.primary.sql("SHOW REPLICAS");
      await until("the mute one alone", async () => (await registered()).every((row) => row.Host === ""));
      await pair.primary.sql("GRANT PROCESS ON *.* TO monitor@'%'");
      expect(members(await list({ primary, port: 4002 }))).toEqual(["127.0.0.1:4002"]);
    } finally {
      await mute.stop();
      await pair.stop();
    }
  });
});
