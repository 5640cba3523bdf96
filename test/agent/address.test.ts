import { describe, expect, it } from "vitest";
import { listenError, readAddress, writeAddress } from "../../agent/address.ts";

describe("readAddress", () => {
  it.each([
    ["0.0.0.0:3300", { kind: "tcp", host: "0.0.0.0", port: 3300 }],
    ["[::]:3300", { kind: "tcp", host: "::", port: 3300 }],
    ["localhost:3300", { kind: "tcp", host: "localhost", port: 3300 }],
    ["unix:/run/checkd/agent.sock", { kind: "unix", path: "/run/checkd/agent.sock" }],
  ])("reads %s, and writes it the same", (text, address) => {
    expect(readAddress(text)).toEqual(address);
    expect(writeAddress(readAddress(text))).toBe(text);
  });

  it.each(["3300", "::1:3300", "unix:relative", "unix:", "host:70000", ""])("refuses %j", (text) => {
    expect(() => readAddress(text)).toThrow("is no address to listen on (write host:port, [v6]:port or unix:/path)");
  });
});

describe("listenError", () => {
  const failed = (code: string) => Object.assign(new Error(`listen ${code}`), { code });

  it.each([
    ["EADDRINUSE", "agent_port of p80/app1: 0.0.0.0:3333 is taken by another program (EADDRINUSE)"],
    [
      "EACCES",
      "agent_port of p80/app1: 0.0.0.0:3333 is not permitted " +
        "(a port below 1024 needs CAP_NET_BIND_SERVICE, a socket a folder we may write to) (EACCES)",
    ],
    ["EADDRNOTAVAIL", "agent_port of p80/app1: 0.0.0.0:3333 is no address of this machine (EADDRNOTAVAIL)"],
    ["EFOO", "agent_port of p80/app1: 0.0.0.0:3333 cannot be listened on: listen EFOO (EFOO)"],
  ])("says what %s means", (code, text) => {
    const cause = failed(code);
    const error = listenError("agent_port of p80/app1", readAddress("0.0.0.0:3333"), cause);
    expect(error.message).toBe(text);
    expect(error.cause).toBe(cause);
  });
});
