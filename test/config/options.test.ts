import { describe, expect, it } from "vitest";
import { duration, hostPort, parseHostPort, secret, share, size } from "../../src/config/options.ts";
import { cidr, countOrShare, groupName, listenAddress, nameProblem } from "../../src/config/schema/values.ts";

const said = (result: { success: boolean; error?: { issues: readonly { message: string }[] } }) =>
  result.error?.issues.map(({ message }) => message);

describe("values", () => {
  it.each([
    [duration(), "500ms", 500],
    [duration(), "1.5s", 1500],
    [duration(), "1d", 86_400_000],
    [duration(), 0, 0],
    [size(), "64kb", 65_536],
    [size(), "1MB", 1_048_576],
    [size(), 100, 100],
    [share(), "50%", 0.5],
    [share(), "0%", 0],
    [share(), "12.5 %", 0.125],
    [countOrShare(), 3, { count: 3 }],
    [countOrShare(), "50%", { share: 0.5 }],
    [hostPort(), "[::1]:80", { host: "::1", port: 80 }],
    [cidr(), "10.0.0.0/8", "10.0.0.0/8"],
    [cidr(), "10.0.0.1", "10.0.0.1/32"],
    [cidr(), "fd00::/8", "fd00::/8"],
    [listenAddress("sockets"), "unix:/run/a.sock", "unix:/run/a.sock"],
    [groupName(), "ngboss", "ngboss"],
  ])("%# reads %j", (schema, given, value) => {
    expect(schema.parse(given)).toEqual(value);
  });

  it.each([
    [duration(), 5, "5 has no unit (write 5s or 5ms)"],
    [duration(), "5", '"5" is no duration (write 500ms, 2s, 1m or 1h)'],
    [duration(), "-1s", '"-1s" is no duration (write 500ms, 2s, 1m or 1h)'],
    [size(), "1tb", '"1tb" is no size (write 64kb, 1mb or a number of bytes)'],
    [share(), "101%", '"101%" is no share (write 0% to 100%)'],
    [share(), 50, "50 is no share (write 50%)"],
    [countOrShare(), -1, '"-1" is neither a count nor a share (write 2 or 50%)'],
    [countOrShare(), "1.5", '"1.5" is neither a count nor a share (write 2 or 50%)'],
    [hostPort(), "h:0", '"h:0" is no address (write host:port, port 1 to 65535)'],
    [hostPort(), "::1:80", '"::1:80" is no address (write [v6]:port)'],
    [cidr(), "10.0.0.0/33", '"10.0.0.0/33" is no network (write 10.0.0.0/8, fd00::/8 or a single address)'],
    [
      groupName(),
      "api",
      '"api" is a path of the API, no name of a group (also taken: api, metrics, check, healthz, readyz)',
    ],
  ])("%# refuses %j in words", (schema, given, message) => {
    expect(said(schema.safeParse(given))).toEqual([message]);
  });

  it.each([
    ["10.0.0.1:80", { host: "10.0.0.1", port: 80 }],
    [" db.example:3306 ", { host: "db.example", port: 3306 }],
    ["[fd00::1]:1", { host: "fd00::1", port: 1 }],
    ["fd00::1:1", null],
    ["h:65536", null],
    ["h", null],
    [":80", null],
    ["a b:80", null],
    ["http://h:80", null],
  ])("parseHostPort of %j is %j", (text, parsed) => {
    expect(parseHostPort(text)).toEqual(parsed);
  });

  it.each(["", "a b", "a/b", "a\tb", "a\u0000b", "a\u2028b", "a\u00a0b", "x".repeat(101)])("%j is no name", (text) => {
    expect(nameProblem(text)).not.toBeNull();
  });

  it.each(["a", "web-1.example", "10.0.0.1-80", "café", "a:b"])("%j is a name", (text) => {
    expect(nameProblem(text)).toBeNull();
  });

  it("a secret shows itself only when asked", () => {
    const hidden = secret().parse("pw");
    expect(`${hidden} ${JSON.stringify({ hidden })}`).toBe('[secret] {"hidden":"[secret]"}');
    expect(hidden.reveal()).toBe("pw");
  });
});
