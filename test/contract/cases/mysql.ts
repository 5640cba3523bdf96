import { type FakeScript, startFakeMysql } from "../../servers/fake-mysql.ts";
import { type Fake, plainSpeech } from "../../servers/misbehaving.ts";
import type { CheckerCase } from "../checker-case.ts";

const FOREIGN = /the answer is not of MySQL's protocol/;

async function healthy(script: FakeScript): Promise<Fake> {
  const { host, port, connections, stop } = await startFakeMysql(script);
  return { host, port, ca: null, taken: () => connections().made, close: stop };
}

const common = {
  speech: plainSpeech,
  expected: {
    refused: ["fail", /connection refused/, "at once"],
    "syn dropped": ["fail", /no connection/, "at the deadline"],
    silent: ["fail", /connected, but no answer to the login/, "at the deadline"],
    hung: ["fail", /connected, but no answer to the login/, "at the deadline"],
    drip: ["fail", FOREIGN, "at once"],
    endless: ["fail", FOREIGN, "at once"],
    "polite close": ["fail", /connection closed without an answer/, "at once"],
    "wrong protocol": ["fail", FOREIGN, "at once"],
    reset: ["fail", /connection reset/, "at once"],
  },
  // TLS begins in the middle of MySQL's own login: test/checks/mysql-tls.server.test.ts shows it on a real server.
  tls: null,
  timeoutMs: 150,
} as const satisfies Partial<CheckerCase>;

const version = "8.4.5";

const replicaScript: FakeScript = {
  version,
  answer: (sql) =>
    sql.includes("@@version")
      ? [{ version, read_only: 1 }]
      : [{ Replica_IO_Running: "Yes", Replica_SQL_Running: "Yes", Seconds_Behind_Source: 0, Channel_Name: "" }],
};

/** mysql-replica against a server that says it is one. */
export const mysqlReplica: CheckerCase = {
  ...common,
  options: { user: "monitor", password: "checkd" },
  healthy: () => healthy(replicaScript),
};

const primaryScript: FakeScript = {
  version,
  answer: (sql) => {
    if (sql.includes("@@version")) return [{ version, read_only: 0 }];
    return sql.startsWith("SHOW") ? [] : [{ read_only: 0, id: "a-server", executed: "" }];
  },
};

/** mysql-primary against a server that takes writes. */
export const mysqlPrimary: CheckerCase = {
  ...common,
  options: { user: "monitor", password: "checkd" },
  healthy: () => healthy(primaryScript),
};
