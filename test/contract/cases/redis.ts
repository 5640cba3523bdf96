import { fakeRedis, masterScript, replicaScript, serveScript } from "../../servers/fake-redis.ts";
import { plainSpeech } from "../../servers/misbehaving.ts";
import { type CheckerCase, tlsExpected } from "../checker-case.ts";

const FOREIGN = /the answer is not of Redis's protocol/;

const common = {
  speech: { ...plainSpeech, endless: "$900000000\r\n" },
  expected: {
    refused: ["fail", /connection refused/, "at once"],
    "syn dropped": ["fail", /no connection/, "at the deadline"],
    silent: ["fail", /connected, but no answer/, "at the deadline"],
    hung: ["fail", /connected, but no answer/, "at the deadline"],
    drip: ["fail", FOREIGN, "at once"],
    endless: ["fail", /more than 1048576 bytes came/, "at once"],
    "polite close": ["fail", /connection closed without an answer/, "at once"],
    "wrong protocol": ["fail", FOREIGN, "at once"],
    reset: ["fail", /connection reset/, "at once"],
  },
  timeoutMs: 150,
} as const satisfies Partial<CheckerCase>;

/** redis-master against a server that says it is one. */
export const redisMaster: CheckerCase = {
  ...common,
  options: { password: "checkd" },
  healthy: () => fakeRedis({ ...masterScript(), "AUTH CHECKD": "OK" }),
  tls: {
    options: (ca) => ({ tls: ca === null ? true : { ca } }),
    serve: (socket) => serveScript(socket, masterScript),
    expected: tlsExpected,
  },
};

const followsNobody = (): ReturnType<typeof replicaScript> => replicaScript("127.0.0.1", 1);

/** redis-replica against a server that says it is one, of a master that is gone. */
export const redisReplica: CheckerCase = {
  ...common,
  options: {},
  healthy: () => fakeRedis(followsNobody()),
  tls: {
    options: (ca) => ({ tls: ca === null ? true : { ca } }),
    serve: (socket) => serveScript(socket, followsNobody),
    expected: tlsExpected,
  },
};
