import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { createClock } from "../../src/engine/clock.ts";
import { failureOf, messagesOf } from "../../src/haproxy/answer.ts";
import { groupCommands, haproxyClient } from "../../src/haproxy/client.ts";
import { endpointOf } from "../../src/haproxy/endpoint.ts";
import { createNames } from "../../src/haproxy/names.ts";
import { sameState } from "../../src/haproxy/same-state.ts";
import { parseCsv, parseInfo, parseTable } from "../../src/haproxy/table.ts";
import { createFakeClock } from "../engine/fake-clock.ts";

describe("answers of the Runtime API", () => {
  const failed = (answer: string, address = "/run/h.sock"): string =>
    failureOf(["set server b/s state maint", "second"], answer, address)?.message ?? "";

  it.each([
    ["nothing", "\n"],
    ["an address that changed", "[4]: IP changed from '1.1.1.1' to '2.2.2.2' by 'stats socket command'\n\n"],
    ["nothing to change, in 2.6's words", "[4]: no need to change the addr, port changed from '1' to '2'\n"],
    ["nothing to change, in 3.0's words", "[4]: nothing changed\n"],
    ["a notice", "[5]: whatever\n"],
  ])("are success: %s", (_, answer) => {
    expect(failed(answer)).toBe("");
  });

  it.each([
    ["[3]: No such server.\n", "unknown"],
    ["No such backend.\n", "unknown"],
    ["Permission denied\n", "denied"],
    ["[3]: Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n", "refused"],
    ["\n\n[3]: 'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n", "refused"],
  ])("are failure: %j is %s", (answer, kind) => {
    expect(failureOf(["x"], answer, "/s")?.kind).toBe(kind);
  });

  it("name the mend of a level that is too low", () => {
    expect(failed("Permission denied\n")).toContain("write `stats socket /run/h.sock level admin` in haproxy.cfg");
    expect(failed("Permission denied\n", "@1 /run/m.sock")).toContain("start HAProxy with -S /run/m.sock,level,admin");
  });

  it("quote one command of many", () => {
    expect(failed("No such server.\n")).toBe(
      '/run/h.sock: one of 2 commands from "set server b/s state maint" on: No such server.',
    );
    expect(messagesOf("[3]: a\n\n> \nb\n")).toEqual([
      { severity: 3, text: "a" },
      { severity: null, text: "b" },
    ]);
  });
});

describe("tables", () => {
  it("are read by the names of their columns, wherever they are", () => {
    expect(parseCsv('# pxname,svname,new,status,\nb,s,"a,""b""",UP,\n', ["svname", "status", "new", "gone"])).toEqual([
      { svname: "s", status: "UP", new: 'a,"b"' },
    ]);
    expect(parseTable("1\n# be_id new be_name\n2 x web\n", ["be_name"])).toEqual([{ be_name: "web" }]);
    expect(parseTable("Can't find backend.\n", ["be_name"])).toEqual([]);
    expect(parseInfo("Name: HAProxy\nPid: 12\nPidx: 3\n", ["Pid", "Name", "Gone"])).toEqual({
      Pid: "12",
      Name: "HAProxy",
    });
  });

  it("say nothing new when only time went by or a check is in flight", () => {
    const state = (time: number, check: number, address = "1.1.1.1"): string =>
      `1\n# be_id be_name srv_addr srv_time_since_last_change srv_check_state srv_agent_state\n2 web ${address} ${time} ${check} 22\n\n`;
    const before = state(9, 7);
    expect(sameState(before, state(11, 6))).toBe(true);
    expect(sameState(before, before)).toBe(true);
    expect(sameState(before, state(9, 7, "1.1.1.2"))).toBe(false);
    expect(sameState(before, state(9, 7, "1.1.1.10"))).toBe(false);
    expect(sameState(state(9, 14), state(9, 6))).toBe(false);
    expect(sameState(before, before.replace("be_name", "be_nome"))).toBe(false);
    expect(sameState(before, `${before}3 web 1.1.1.1 9 7 22\n`)).toBe(false);
    expect(sameState(`${before}3 web 1.1.1.1 9 7 22\n`, before)).toBe(false);
    expect(sameState("", before)).toBe(false);
  });
});

describe("a socket", () => {
  it.each([
    ["/run/h.sock", { options: { path: "/run/h.sock" }, prefix: "" }],
    ["unix@/run/h.sock", { options: { path: "/run/h.sock" }, prefix: "" }],
    ["@1 /run/m.sock", { options: { path: "/run/m.sock" }, prefix: "@1 " }],
    ["@1/run/m.sock", { options: { path: "/run/m.sock" }, prefix: "@1 " }],
    ["10.0.0.1:9000", { options: { host: "10.0.0.1", port: 9000 }, prefix: "" }],
    ["ipv4@10.0.0.1:9000", { options: { host: "10.0.0.1", port: 9000 }, prefix: "" }],
    ["[::1]:9000", { options: { host: "::1", port: 9000, family: 6 }, prefix: "" }],
  ])("is written %s", (address, endpoint) => {
    expect(endpointOf(address)).toEqual(endpoint);
  });

  it("that is none is said so", () => {
    expect(() => endpointOf("admin.sock")).toThrow("write /path/of/socket or host:port");
  });

  it("that hangs, or talks for ever, is given up at its deadline and leaves nothing open", async () => {
    const clock = createClock((error) => {
      throw error;
    });
    const open = new Set<unknown>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => open.delete(socket));
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const client = haproxyClient({ address: `127.0.0.1:${address.port}`, timeoutMs: 150, clock });
    const signal = new AbortController();
    await expect(client.info(signal.signal)).rejects.toThrow("no answer within 150 ms");
    const asking = client.info(signal.signal);
    setTimeout(() => signal.abort(), 30);
    await expect(asking).rejects.toMatchObject({ kind: "unreachable" });
    await new Promise<void>((done) => setTimeout(done, 100));
    expect(open.size).toBe(0);
    server.close();
  });

  it("is sent lines that HAProxy can read, in order, each command whole", () => {
    const commands = Array.from({ length: 1000 }, (_, at) => `set server web/slot${at} state ready`);
    const groups = groupCommands(commands);
    expect(groups.flat()).toEqual(commands);
    expect(Math.max(...groups.map((group) => group.map((each) => `@1 ${each}`).join("; ").length))).toBeLessThan(9000);
    expect(groups.length).toBeLessThan(8);
    expect(groupCommands([])).toEqual([]);
  });
});

describe("names of hosts", () => {
  it("are addresses as HAProxy shows them; one that does not resolve is none", async () => {
    const names = createNames(createFakeClock(), () => {});
    expect(await names.addressOf("10.0.0.1")).toBe("10.0.0.1");
    expect(await names.addressOf("0:0:0::1")).toBe("::1");
    expect(["127.0.0.1", "::1"]).toContain(await names.addressOf("localhost"));
    expect(await names.addressOf("no-such-host.invalid")).toBeNull();
  });
});
