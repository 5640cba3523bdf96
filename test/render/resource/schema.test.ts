import { describe, expect, it } from "vitest";
import { schemaRule } from "../../../src/render/resource/schema.ts";
import { bringsControl } from "../../../src/render/values/control.ts";

const good: readonly (readonly [string, readonly string[]])[] = [
  ["host", ["10.0.0.1", "::1", "fe80::1", "db1", "a-b.example.com", "example.com.", "_srv.x"]],
  ["port", ["1", "80", "65535"]],
  ["host:port", ["10.0.0.1:80", "db1.example.com:3306", "[::1]:443"]],
  ["name", ["slave3301", "a.b:c_d-e"]],
  ["int", ["0", "-5", "123456789"]],
  ["json", ["{}", '{"a": [1, "x"]}', "[]", '"x"', "1"]],
];
const bad: readonly (readonly [string, readonly string[]])[] = [
  ["host", ["", "10.0.0.256", "1.2.3", "a b", "a\nb", "-a", "a..b", "x".repeat(254), "a:80", "[::1]"]],
  ["port", ["", "0", "00080", "65536", "80 ", "+80", "80\n", "1e3", "8080;"]],
  ["host:port", ["10.0.0.1", ":80", "a:0", "a:b:80", "::1:80", "[db1]:80", "10.0.0.1:80 check", "10.0.0.1:80\n"]],
  ["name", ["", "a b", "a\n", "ä", "a/b", "#x"]],
  ["int", ["", "1.5", "1e3", "0x10", "1\n", "- 1"]],
  ["json", ["", "{", "{'a':1}", '{"a":"x\\ny"}', '{"a\\n":1}', '["\\u0000"]', '{"a":"\\u2028"}']],
];

describe("a type of [template.schema]", () => {
  it.each(good.flatMap(([type, values]) => values.map((value) => [type, value] as const)))(
    "%s: %j fits",
    (type, value) => {
      expect(schemaRule("/x", type).fits(value)).toBe(true);
    },
  );

  it.each(bad.flatMap(([type, values]) => values.map((value) => [type, value] as const)))(
    "%s: %j does not fit",
    (type, value) => {
      expect(schemaRule("/x", type).fits(value)).toBe(false);
    },
  );

  it("holds for the keys that its pattern matches", () => {
    const rule = schemaRule("/app/*/port", "port");
    expect(["/app/a/port", "/app/port", "/app/a/b/port"].map((key) => rule.covers(key))).toEqual([true, false, false]);
  });
});

describe("control characters in a value", () => {
  it.each([
    ["plain text", "10.0.0.1:80", false],
    ["a new line", "a\nb", true],
    ["a tab", "a\tb", true],
    ["NUL", "a\u0000", true],
    ["a C1 control", "a\u0085b", true],
    ["a line separator", "a\u2028b", true],
    ["a backslash and n, no JSON", "a\\nb", false],
    ["an escape in JSON", '{"host":"x\\nbind :80"}', true],
    ["an escape in a JSON name", '{"x\\ny":1}', true],
    ["a harmless escape in JSON", '{"a":"\\"\\u00e4"}', false],
    ["broken JSON", '{"a":"\\n', false],
  ])("%s", (_, value, brings) => {
    expect(bringsControl(value)).toBe(brings);
  });
});
