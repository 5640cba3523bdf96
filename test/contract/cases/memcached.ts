import { fakeMemcached, serveMemcached } from "../../servers/fake-memcached.ts";
import { plainSpeech } from "../../servers/misbehaving.ts";
import { type CheckerCase, tlsExpected } from "../checker-case.ts";

/** memcached against a server that stores and finds. */
export const memcached: CheckerCase = {
  options: {},
  healthy: () => fakeMemcached(),
  speech: { ...plainSpeech, endless: "VALUE " },
  expected: {
    refused: ["fail", /connection refused/, "at once"],
    "syn dropped": ["fail", /no connection/, "at the deadline"],
    silent: ["fail", /connected, but no answer/, "at the deadline"],
    hung: ["fail", /connected, but no answer/, "at the deadline"],
    drip: ["fail", /connected, but no answer/, "at the deadline"],
    endless: ["fail", /more than 263168 bytes came/, "at once"],
    "polite close": ["fail", /connection closed without an answer/, "at once"],
    "wrong protocol": ["fail", /not of memcached's protocol: "220 mail\.example ESMTP"/, "at once"],
    reset: ["fail", /connection reset/, "at once"],
  },
  tls: {
    options: (ca) => ({ tls: ca === null ? true : { ca } }),
    serve: (socket) => serveMemcached(socket),
    expected: tlsExpected,
  },
  timeoutMs: 150,
};
