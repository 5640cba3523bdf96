import { describe, expect, it } from "vitest";
import { allows, plainAddress } from "../../agent/allow.ts";

describe("allows", () => {
  it.each([
    [[], "192.0.2.1", true],
    [["10.0.0.0/8"], "10.255.255.255", true],
    [["10.0.0.0/8"], "11.0.0.0", false],
    [["10.0.0.1"], "10.0.0.1", true],
    [["10.0.0.1"], "10.0.0.2", false],
    [["10.0.0.0/8", "fd00::/8"], "fd12::1", true],
    [["10.0.0.0/8"], "fd12::1", false],
    [["::1"], "::1", true],
    [["0.0.0.0/0"], "192.0.2.1", true],
    [["0.0.0.0/0"], "2001:db8::1", false],
  ])("%j answers %s: %s", (list, peer, expected) => {
    const allowed = allows(list);
    expect(allowed(peer)).toBe(expected);
    expect(allowed(peer)).toBe(expected);
  });

  it("goes on answering right when it has seen more peers than it remembers", () => {
    const allowed = allows(["10.1.0.0/16"]);
    for (let at = 0; at < 10_000; at++) expect(allowed(`10.${at % 3}.${at >> 8}.${at & 255}`)).toBe(at % 3 === 1);
  });
});

describe("plainAddress", () => {
  it.each([
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["10.0.0.1", "10.0.0.1"],
    ["::1", "::1"],
    ["::ffff:a00:1", "::ffff:a00:1"],
  ])("writes %s as %s", (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});
