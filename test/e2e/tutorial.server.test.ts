import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { startNginx } from "../servers/nginx.ts";
import { freePort, tempDir, until } from "../servers/process.ts";
import { startXinetd } from "../servers/xinetd.ts";
import { askAgent, run, startCheckd } from "./checkd.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};

/** A session through HAProxy that nobody uses, until somebody closes it. */
async function idleSession(port: number): Promise<{ closed: () => boolean }> {
  let closed = false;
  const socket = await new Promise<Socket>((done, fail) => {
    const made = connect(port, "127.0.0.1", () => done(made));
    made.once("error", fail);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  socket.resume();
  // HAProxy connects to the server when there is something to send.
  socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n");
  stops.push(async () => socket.destroy());
  return { closed: () => closed };
}

/** The tutorial's server line; `agent` says where the agent answers. */
const serverLine = (port: number, agent: string): string =>
  `server app1 127.0.0.1:${port} check agent-check ${agent} inter 2000 rise 2 fall 3 minconn 0 maxconn 0 on-marked-down shutdown-sessions`;

describe("the tutorial: a page that must say what it must", () => {
  it.each([
    ["word for word, with addr", (port: number) => `addr 127.0.0.1 agent-port ${port}`],
    ["with agent-addr", (port: number) => `agent-addr 127.0.0.1 agent-port ${port}`],
  ])(
    "takes the server out with its sessions when the content is wrong, and back when it is right (%s)",
    async (_, agent) => {
      const nginx = keep(await startNginx({ content: "test me\n" }));
      const [agentPort, listenPort] = [await freePort(), await freePort()];
      keep(
        await startCheckd({
          pools: {
            p80: {
              check: { type: "http-content", path: "/", contains: "test me" },
              targets: { app1: { address: `127.0.0.1:${nginx.port}`, agent_port: agentPort } },
            },
          },
        }),
      );
      const config = `${HAPROXY_DEFAULTS}\nlisten p80\n  bind 127.0.0.1:${listenPort}\n  ${serverLine(nginx.port, agent(agentPort))}\n`;
      const haproxy = keep(await startHaproxy({ config }));
      await until(
        "the server to be up by the agent",
        async () => (await haproxy.server("p80/app1")).last_agt?.includes("up") === true,
      );
      expect(await askAgent(agentPort)).toMatch(/^up #[ -~]+\n$/);
      const session = await idleSession(listenPort);
      await until("the session to be counted", async () => (await haproxy.server("p80/app1")).scur === "1");

      nginx.setContent("something else\n");
      const down = await until("the server to be down", async () => {
        const server = await haproxy.server("p80/app1");
        return server.status === "DOWN (agent)" ? server : false;
      });
      expect(down.last_agt).toContain('"test me"');
      expect(await askAgent(agentPort)).toMatch(/^down #.*test me.*\n$/);
      await until("the session to be closed", () => session.closed());

      nginx.setContent("test me\n");
      await until("the server to be up again", async () => (await haproxy.server("p80/app1")).status === "UP");
    },
  );

  it("is imported from xinetd's service file as a configuration that answers alike", async () => {
    const nginx = keep(await startNginx({ content: "test me\n" }));
    const dir = tempDir("xinetd-tutorial");
    const script = join(dir, "haproxy-chk-3333.sh");
    writeFileSync(
      script,
      `#!/bin/bash\n\ncurl -s 127.0.0.1:${nginx.port} |grep "test me" >/dev/null 2>&1\n[ $? == 0 ] && echo "up" || echo "down"\n`,
      { mode: 0o755 },
    );
    const service = (port: number): string =>
      [
        "# default: on",
        "# description: haproxy-chk-3333 socket server",
        "service haproxy-chk-3333",
        "{",
        "    disable = no",
        "    flags = REUSE",
        "    socket_type = stream",
        "    wait = no",
        `    port = ${port}`,
        "    user = root",
        `    server = ${script}`,
        "    log_on_failure += USERID",
        "}",
        "",
      ].join("\n");
    const [theirs, ours] = [await freePort(), await freePort()];
    const xinetd = keep(await startXinetd(service(theirs)));
    const file = join(dir, "haproxy-chk-3333");
    writeFileSync(file, service(ours));
    const imported = await run(["import", "xinetd", file]);
    expect(imported.code, imported.stderr).toBe(0);
    keep(await startCheckd(imported.stdout));
    expect(xinetd.output()).not.toContain("error");
    for (const [content, word] of [
      ["test me\n", "up"],
      ["broken\n", "down"],
      ["and test me again\n", "up"],
    ] as const) {
      nginx.setContent(content);
      expect((await askAgent(theirs)).trim()).toBe(word);
      await until(`${word} on our port`, async () => (await askAgent(ours)).startsWith(word), 20_000);
    }
  });
});
