// Who leads, on real pairs: writable, following nobody, with a history that tells two claimants apart.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlPrimary } from "../../checks/mysql-primary.ts";
import type { Observation } from "../../src/core/types.ts";
import { type DatabaseServer, MONITOR, type Pair, startPair } from "../servers/mariadb.ts";
import { startMysql9Pair } from "../servers/mysql9.ts";
import { until } from "../servers/process.ts";
import { type Asking, asking, targetAt } from "./mysql-asking.ts";

const opened: Asking[] = [];
const open = (server: DatabaseServer, options: object = {}): Asking => {
  const made = asking(mysqlPrimary, { ...MONITOR, ...options }, targetAt(server.port));
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const term = (seen: Observation): number => seen.claim?.term ?? Number.NaN;

describe.each([
  ["MariaDB", startPair, "SLAVE"],
  ["MySQL 9", startMysql9Pair, "REPLICA"],
] as const)("%s", (_name, startBoth, word) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startBoth();
  });
  afterAll(() => pair.stop());

  it("passes for the primary and claims it, and fails for its replica, which follows it", async () => {
    const leader = await open(pair.primary).see({ outcome: "pass" });
    expect(leader).toMatchObject({ reason: "writable", facts: { role: "primary", readOnly: false } });
    expect(leader.claim).toMatchObject({ role: "writer", follows: null });
    const follower = await open(pair.replica).see({ outcome: "fail" });
    const address = `127.0.0.1:${pair.primary.port}`;
    expect(follower).toMatchObject({
      reason: `replicates from ${address}, expected a primary`,
      facts: { role: "replica", primary: address },
      claim: { role: "reader", follows: address },
    });
  });

  it("counts the transactions, the same on both sides once they are applied", async () => {
    const [leader, follower] = [open(pair.primary), open(pair.replica)];
    const before = term(await leader.ask());
    await pair.primary.sql("INSERT INTO app.items VALUES (10, 'a'); INSERT INTO app.items VALUES (11, 'b')");
    const after = term(await leader.ask());
    expect(after - (Number.isNaN(before) ? 0 : before)).toBe(2);
    await until("the replica to have them", async () => term(await follower.ask()) === after);
  });

  it("fails when it is read-only", async () => {
    const leader = open(pair.primary);
    await pair.primary.sql("SET GLOBAL read_only=1");
    await leader.see({ outcome: "fail", reason: /^read_only is on, expected a primary$/ });
    await pair.primary.sql("SET GLOBAL read_only=0");
    await leader.see({ outcome: "pass" });
  });

  it("lets a replica that was told to lead be the primary, with the newer term and the old one's history", async () => {
    const [old, heir] = [open(pair.primary), open(pair.replica)];
    await pair.replica.sql(`STOP ${word}; SET GLOBAL read_only=0`);
    const promoted = await heir.see({ outcome: "pass" });
    const former = await old.ask();
    expect(promoted.claim?.lineage).toHaveLength(1);
    expect(term(promoted)).toBe(term(former));
    await pair.replica.sql("INSERT INTO app.items VALUES (12, 'c')");
    const written = await heir.ask();
    expect(term(written)).toBe(term(former) + 1);
    expect(written.claim?.lineage.slice(1)).toContain(former.claim?.lineage[0]);
    expect(former.claim?.lineage).not.toContain(written.claim?.lineage[0]);
  });

  it("may replicate from elsewhere itself where that is allowed", async () => {
    await pair.replica.sql(`START ${word}; SET GLOBAL read_only=0`);
    await open(pair.replica).see({ outcome: "fail", reason: /^replicates from/ });
    await open(pair.replica, { replicating: "allow" }).see({ outcome: "pass" });
  });
});
