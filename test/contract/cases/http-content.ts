import type { Socket } from "node:net";
import { fake } from "../../servers/misbehaving.ts";
import { type CheckerCase, tlsExpected } from "../checker-case.ts";

const PAGE = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\ntest me";

const servePage = (socket: Socket): void => {
  socket.on("data", () => socket.write(PAGE));
};

/** http-content against a page that says "test me". */
export const httpContent: CheckerCase = {
  options: { contains: "test me" },
  healthy: () => fake(servePage),
  speech: {
    drip: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    endless: "HTTP/1.1 200 OK\r\n\r\n",
    filler: "filler ".repeat(1024),
    wrong: "220 mail.example ESMTP\r\n",
    after: "request",
  },
  expected: {
    refused: ["fail", /connection refused/, "at once"],
    "syn dropped": ["fail", /no connection/, "at the deadline"],
    silent: ["fail", /connected, but no answer/, "at the deadline"],
    hung: ["fail", /connected, but no answer/, "at the deadline"],
    drip: ["fail", /no answer|not complete/, "at the deadline"],
    endless: ["fail", /expected "test me", not in the first 65536 bytes/, "at once"],
    "polite close": ["fail", /connection closed without an answer/, "at once"],
    "wrong protocol": ["fail", /expected HTTP, got "220 mail\.example ESMTP"/, "at once"],
    reset: ["fail", /connection (reset|closed without an answer)/, "at once"],
  },
  tls: {
    options: (ca) => ({ contains: "test me", scheme: "https", ...(ca === null ? {} : { tls: { ca } }) }),
    serve: servePage,
    expected: tlsExpected,
  },
  timeoutMs: 150,
};
