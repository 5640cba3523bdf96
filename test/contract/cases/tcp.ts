import type { Socket } from "node:net";
import { fake, plainSpeech } from "../../servers/misbehaving.ts";
import { type CheckerCase, tlsExpected } from "../checker-case.ts";

/** Answers everything with a pong. */
export const servePong = (socket: Socket): void => {
  socket.on("data", () => socket.write("+PONG\r\n"));
};

/** tcp against a server that answers PING. */
export const tcp: CheckerCase = {
  options: { send: "PING\r\n", expect: "+PONG" },
  healthy: () => fake(servePong),
  speech: { ...plainSpeech, after: "request" },
  expected: {
    refused: ["fail", /connection refused/, "at once"],
    "syn dropped": ["fail", /no connection/, "at the deadline"],
    silent: ["fail", /connected, but no answer/, "at the deadline"],
    hung: ["fail", /connected, but no answer/, "at the deadline"],
    drip: ["fail", /answer not complete after \d+ bytes/, "at the deadline"],
    endless: ["fail", /expected "\+PONG", got "filler .*more than 65536 bytes/, "at once"],
    "polite close": ["fail", /expected "\+PONG", closed after 0 bytes/, "at once"],
    "wrong protocol": ["fail", /answer not complete after 24 bytes/, "at the deadline"],
    reset: ["fail", /connection reset/, "at once"],
  },
  tls: {
    options: (ca) => ({ send: "PING\r\n", expect: "+PONG", tls: ca === null ? true : { ca } }),
    serve: servePong,
    expected: tlsExpected,
  },
  timeoutMs: 150,
};
