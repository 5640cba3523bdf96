// A real Galera node and a real member of a replication group, each alone in its cluster.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlPrimary } from "../../checks/mysql-primary.ts";
import { mysqlReplica } from "../../checks/mysql-replica.ts";
import { type DatabaseServer, MONITOR, startMariadb } from "../servers/mariadb.ts";
import { startMysql9 } from "../servers/mysql9.ts";
import { freePort } from "../servers/process.ts";
import { type Asking, asking, targetAt } from "./mysql-asking.ts";

const opened: Asking[] = [];
const keep = (made: Asking): Asking => {
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

describe("a Galera node", () => {
  let node: DatabaseServer;
  const reader = (galera: object | true = true): Asking =>
    keep(asking(mysqlReplica, { ...MONITOR, galera }, targetAt(node.port)));
  const writer = (): Asking => keep(asking(mysqlPrimary, { ...MONITOR, galera: true }, targetAt(node.port)));

  beforeAll(async () => {
    const port = await freePort();
    const at = `base_host=127.0.0.1;base_port=${port};gmcast.listen_addr=tcp://127.0.0.1:${port};gcache.size=4M`;
    node = await startMariadb([
      "--wsrep-on=ON",
      "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
      "--wsrep-cluster-address=gcomm://",
      "--wsrep-new-cluster",
      "--wsrep-node-address=127.0.0.1",
      "--innodb-autoinc-lock-mode=2",
      `--wsrep-provider-options=${at}`,
    ]);
  });
  afterAll(() => node.stop());

  it("passes when it is synced in the primary part of its cluster, for reads and for writes", async () => {
    const seen = await reader().see({ outcome: "pass" });
    expect(seen).toMatchObject({
      reason: "Galera Synced, cluster Primary, 1 nodes",
      facts: { role: "member", memberState: "Synced", clusterStatus: "Primary", members: 1, readOnly: false },
    });
    const wrote = await writer().see({ outcome: "pass" });
    expect(wrote).toMatchObject({
      reason: "writable, Galera Synced, cluster Primary, 1 nodes",
      claim: { role: "writer" },
    });
  });

  it("is stale while it is desynced, unless donors are fit as well", async () => {
    await node.sql("SET GLOBAL wsrep_desync=ON");
    await reader().see({ outcome: "warn", facts: { memberState: "Donor/Desynced" } });
    await reader({ donor: true }).see({ outcome: "pass" });
    await writer().see({ outcome: "fail", reason: /Donor\/Desynced/ });
    await node.sql("SET GLOBAL wsrep_desync=OFF");
    await reader().see({ outcome: "pass" });
  });

  it("fails when it rejects all queries, which wsrep_ready does not show", async () => {
    await node.sql("SET GLOBAL wsrep_reject_queries=ALL");
    await reader().see({ outcome: "fail", reason: /wsrep_reject_queries=ALL/ });
    await node.sql("SET GLOBAL wsrep_reject_queries=NONE");
    await reader().see({ outcome: "pass" });
  });

  it("reads a real table where one is named, and names the grant for it", async () => {
    await node.sql("CREATE USER IF NOT EXISTS low@'%' IDENTIFIED BY 'x'; GRANT SELECT ON app.items TO monitor@'%'");
    await reader({ table: "app.items" }).see({ outcome: "pass" });
    const low = keep(
      asking(mysqlReplica, { user: "low", password: "x", galera: { table: "app.items" } }, targetAt(node.port)),
    );
    await low.see({ outcome: "unknown", reason: /^missing grant: GRANT SELECT ON app\.items TO 'low' \(1142\)$/ });
  });

  it("is no primary while it is read-only", async () => {
    await node.sql("SET GLOBAL read_only=1");
    await writer().see({ outcome: "fail", reason: /^read_only is on/ });
    await node.sql("SET GLOBAL read_only=0");
  });
});

describe("a MariaDB without Galera", () => {
  it("fails where a node is expected", async () => {
    const plain = await startMariadb();
    try {
      const asked = keep(asking(mysqlReplica, { ...MONITOR, galera: true }, targetAt(plain.port)));
      expect(await asked.ask()).toMatchObject({ outcome: "fail", reason: "no Galera node: wsrep_on is off" });
    } finally {
      await plain.stop();
    }
  });
});

describe("a member of a MySQL replication group", () => {
  let member: DatabaseServer;
  const reader = (wanted: "secondary" | "any"): Asking =>
    keep(asking(mysqlReplica, { ...MONITOR, group_replication: wanted }, targetAt(member.port)));
  const writer = (): Asking =>
    keep(asking(mysqlPrimary, { ...MONITOR, group_replication: true }, targetAt(member.port)));

  beforeAll(async () => {
    const port = await freePort();
    member = await startMysql9([
      "--performance-schema=ON",
      "--plugin-load-add=group_replication.so",
      "--group-replication-group-name=11111111-2222-3333-4444-555555555555",
      "--group-replication-start-on-boot=OFF",
      `--group-replication-local-address=127.0.0.1:${port}`,
      `--group-replication-group-seeds=127.0.0.1:${port}`,
    ]);
  });
  afterAll(() => member.stop());

  it("is unknown without the grant on the table of members, which is named", async () => {
    const wanted =
      /^missing grant: GRANT SELECT ON performance_schema\.replication_group_members TO 'monitor' \(1142\)$/;
    await reader("any").see({ outcome: "unknown", reason: wanted });
    await member.sql("GRANT SELECT ON performance_schema.replication_group_members TO monitor@'%'");
  });

  it("fails while it is in no group", async () => {
    await reader("any").see({ outcome: "fail", reason: /^group member (OFFLINE|absent), expected ONLINE$/ });
    await writer().see({ outcome: "fail" });
  });

  it("passes as the primary of its group, and as a reader where any member will do", async () => {
    await member.sql(
      "SET GLOBAL group_replication_bootstrap_group=ON; START GROUP_REPLICATION; SET GLOBAL group_replication_bootstrap_group=OFF",
    );
    const seen = await writer().see({ outcome: "pass" });
    expect(seen).toMatchObject({
      reason: "writable, group PRIMARY ONLINE, 1 of 1 members",
      facts: { memberState: "ONLINE", memberRole: "PRIMARY", members: 1 },
      claim: { role: "writer", term: expect.any(Number) },
    });
    await reader("any").see({ outcome: "pass" });
    await reader("secondary").see({ outcome: "fail", reason: /^group member is PRIMARY, expected SECONDARY$/ });
    await member.sql("STOP GROUP_REPLICATION");
    await writer().see({ outcome: "fail", reason: /read_only|OFFLINE/ });
  });
});
