import { afterEach, describe, expect, it } from "vitest";
import { createClock } from "../../src/engine/clock.ts";
import { haproxyClient } from "../../src/haproxy/client.ts";
import { HAPROXY_DEFAULTS, HAPROXY_VERSIONS, startHaproxy } from "../servers/haproxy.ts";
import { freePort } from "../servers/process.ts";

const clock = createClock((error) => {
  throw error;
});
const signal = new AbortController().signal;
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const config = `${HAPROXY_DEFAULTS}
backend web
  balance roundrobin
  server s1 127.0.0.1:1 weight 100 check inter 200 agent-check agent-addr 127.0.0.1 agent-port 2 agent-inter 60s
  server-template slot 1-3 127.0.0.1:1 disabled
`;

describe.each(HAPROXY_VERSIONS)("the Runtime API of HAProxy %s", (version) => {
  async function open() {
    const haproxy = await startHaproxy({ version, config });
    stops.push(() => haproxy.stop());
    return { haproxy, client: haproxyClient({ address: haproxy.socket, timeoutMs: 2000, clock }) };
  }

  it("is read by the names of its columns", async () => {
    const { client, haproxy } = await open();
    const servers = await client.servers("web", signal);
    expect([...servers.keys()]).toEqual(["web/s1", "web/slot1", "web/slot2", "web/slot3"]);
    expect(servers.get("web/s1")).toMatchObject({
      host: "127.0.0.1",
      port: 1,
      configuredWeight: 100,
      agentPort: 2,
      agentAddress: "127.0.0.1",
      agentEnabled: true,
    });
    expect(servers.get("web/slot1")?.status).toBe("MAINT");
    expect(await client.info(signal)).toMatchObject({ pid: haproxy.pid(), version: expect.stringContaining(version) });
    expect((await client.servers(null, signal)).size).toBe(4);
  });

  it("takes several commands at once, an address too, and shows them", async () => {
    const { client } = await open();
    await client.change(
      [
        "set server web/slot2 addr 127.0.0.9 port 8080",
        "set server web/slot2 state ready",
        "set server web/s1 agent down",
      ],
      signal,
    );
    const servers = await client.servers("web", signal);
    expect(servers.get("web/slot2")).toMatchObject({ host: "127.0.0.9", port: 8080, admin: expect.any(Number) });
    expect(servers.get("web/slot2")?.status).not.toBe("MAINT");
    expect(servers.get("web/s1")?.status).toBe("DOWN (agent)");
    await client.change(["set server web/slot2 addr 127.0.0.9 port 8080"], signal);
  });

  it.each([
    ["set server web/nobody state ready", "unknown"],
    ["set server nowhere/s1 state ready", "unknown"],
    ["set server web/s1 state dancing", "refused"],
    ["set server web/slot1 agent down", "refused"],
  ])("refuses %s as %s", async (command, kind) => {
    const { client } = await open();
    await expect(client.change([command], signal)).rejects.toMatchObject({ name: "HaproxyError", kind });
    await expect(client.servers("nowhere", signal)).rejects.toMatchObject({ kind: "unknown" });
  });
});

it("says that nobody listens, and that a level is too low, with the mend", async () => {
  const nobody = haproxyClient({ address: "/nowhere/haproxy.sock", timeoutMs: 500, clock });
  await expect(nobody.info(signal)).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("/nowhere/haproxy.sock: there is no such socket"),
  });
  const port = await freePort();
  const haproxy = await startHaproxy({ config: `global\n  stats socket 127.0.0.1:${port} level user\n${config}` });
  stops.push(() => haproxy.stop());
  const client = haproxyClient({ address: `127.0.0.1:${port}`, timeoutMs: 500, clock });
  await expect(client.change(["set server web/s1 agent down"], signal)).rejects.toThrow("level admin");
});
