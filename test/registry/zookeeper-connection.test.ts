import { createServer } from "node:net";
import { expect, it } from "vitest";
import { createClock } from "../../src/engine/clock.ts";
import { connect } from "../../src/registry/zookeeper/connection.ts";
import { until } from "../servers/process.ts";

it("leaves no socket behind when a server is connected to and never says a word", async () => {
  let open = 0;
  const server = createServer((socket) => {
    open += 1;
    socket
      .on("error", () => {})
      .on("close", () => {
        open -= 1;
      });
    socket.resume();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const clock = createClock((error) => {
    throw error;
  });
  const settings = {
    address: `127.0.0.1:${port}`,
    timeoutMs: 600,
    sessionTimeoutMs: 5000,
    username: undefined,
    password: undefined,
    acl: "open",
  } as const;
  const connecting = connect(settings, clock, new AbortController().signal, 5000);
  connecting.catch(() => {});
  await until("a connection", () => open === 1);
  await expect(connecting).rejects.toThrow("no answer within 600 ms");
  await until("it to be closed", () => open === 0, 5000);
  await new Promise((done) => server.close(done));
});
