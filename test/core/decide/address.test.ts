import { describe, expect, it } from "vitest";
import { sameAddress } from "../../../src/core/decide/address.ts";

describe("two addresses", () => {
  it.each([
    ["10.0.0.1:3306", "10.0.0.1:3306", true],
    ["10.0.0.1:3306", "10.0.0.1:3307", false],
    ["10.0.0.1:3306", "10.0.0.2:3306", false],
    ["localhost:6379", "127.0.0.1:6379", true],
    ["[::1]:6379", "::1:6379", true],
    ["::1:6379", "10.0.0.1:6379", false],
    ["DB1:3306", "db1:3306", true],
    ["db1:3306", "db1.example.org:3306", true],
    ["db1.example.org:3306", "db1:3306", true],
    ["db1:3306", "db10.example.org:3306", null],
    ["db1:3306", "db2:3306", null],
    ["db1:3306", "10.0.0.1:3306", null],
    ["db1:3306", "10.0.0.1:3307", false],
  ])("%s and %s: %s", (a, b, same) => {
    expect(sameAddress(a, b)).toBe(same);
    expect(sameAddress(b, a)).toBe(same);
  });
});
