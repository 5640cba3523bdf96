import { describe, expect, it } from "vitest";
import { asInt, asText, Func, func, variadic } from "../../../src/render/gotemplate/func.ts";
import {
  ANY,
  BOOL,
  FLOAT64,
  INT,
  mapOf,
  named,
  pointerTo,
  STRING,
  STRINGS,
  structOf,
  UINT16,
} from "../../../src/render/gotemplate/type.ts";
import { GoMap, map, Scalar, Slice, Struct, strings, type Value } from "../../../src/render/gotemplate/value.ts";
import { executeWith } from "./executing.ts";

const LEVEL = named("log.Level", INT, {
  text: (self) => (self instanceof Scalar && self.value === 1n ? "HIGH" : "LOW"),
});

const HOST = structOf(
  "web.Host",
  [
    { name: "Name", type: STRING },
    { name: "Port", type: UINT16 },
    { name: "Level", type: LEVEL },
  ],
  {
    methods: [
      ["At", (self) => func([INT], ([port]) => `${nameOf(self)}:${asInt(port)}`)],
      ["Twice", () => new Func({ params: [], results: 2, call: () => "" })],
    ],
  },
);

function nameOf(self: Value): string {
  return self instanceof Struct ? asText(self.fields[0]) : "";
}

function host(type = HOST): Struct {
  return new Struct(type, ["a", new Scalar(UINT16, 80n), new Scalar(LEVEL, 1n)]);
}

const NONE = new Map<string, Func>();

describe("structs", () => {
  it.each([
    ["{{.Name}} {{.Port}} {{.Level}}", "a 80 HIGH"],
    ["{{.}}", "{a 80 HIGH}"],
    ['{{printf "%+v" .}}', "{Name:a Port:80 Level:HIGH}"],
    ['{{printf "%#v" .}}', 'web.Host{Name:"a", Port:0x50, Level:1}'],
    ['{{printf "%T %T %d %s" . .Level .Level .Level}}', "web.Host log.Level 1 HIGH"],
    ["{{.At 8080}} {{8080 | .At}} {{(.At 1) | len}}", "a:8080 a:8080 3"],
    ["{{if .}}always true{{end}}", "always true"],
    ["{{eq . .}} {{eq .Port 80}} {{lt .Port 81}} {{eq .Level 1}}", "true true true true"],
  ])("%s", (template, expected) => {
    expect(executeWith(template, NONE, host())).toBe(expected);
  });

  it.each([
    ["{{.name}}", "can't evaluate field name in type web.Host"],
    ["{{.Name 1}}", "Name has arguments but cannot be invoked as function"],
    ["{{.At}}", "wrong number of args for At: want 1 got 0"],
    ['{{.At "x"}}', 'expected integer; found "x"'],
    ["{{.Twice}}", `can't call method/function "Twice" with 2 results`],
    ["{{.Name.x}}", "can't evaluate field x in type string"],
  ])("%s fails", (template, message) => {
    expect(() => executeWith(template, NONE, host())).toThrowError(`: ${message}`);
  });

  it("are reached through pointers, which show as such under %v only", () => {
    const data = host(pointerTo(HOST));
    expect(executeWith('{{.Name}} {{.At 1}} {{.}} {{printf "%v %T" . .}}', NONE, data)).toBe(
      "a a:1 {a 80 HIGH} &{a 80 HIGH} *web.Host",
    );
  });
});

describe("functions", () => {
  const functions = new Map<string, Func>([
    ["need", func([STRING, INT], ([text, count]) => asText(text).repeat(Number(asInt(count))))],
    ["flag", func([BOOL], ([flag]) => flag)],
    ["half", func([FLOAT64], ([number]) => (typeof number === "number" ? number / 2 : 0))],
    ["count", variadic([STRINGS, ANY], (args) => BigInt(args.length))],
    ["port", func([UINT16], ([port]) => port)],
    [
      "broken",
      func([], () => {
        throw new Error("it is broken: é");
      }),
    ],
  ]);

  it.each([
    ['{{need "ab" 2}}', "abab"],
    ['{{3 | need "a"}}', "aaa"],
    ["{{flag true}} {{half 3}} {{half 1.5}} {{half 'a'}}", "true 1.5 0.75 48.5"],
    ["{{count .l}} {{count .l 1 2}} {{count nil}} {{1 | count .l}}", "1 3 1 2"],
    ['{{port 80}} {{printf "%T" (port 70000)}}', "80 uint16"],
    ['{{call .f "x"}} {{call .f .s}}', "<x> <s>"],
  ])("%s", (template, expected) => {
    const data = map([
      ["l", strings(["a"])],
      ["s", "s"],
      ["f", func([STRING], ([text]) => `<${asText(text)}>`)],
    ]);
    expect(executeWith(template, functions, data)).toBe(expected);
  });

  it.each([
    ["{{need 5 1}}", "expected string; found 5"],
    ['{{need "a" 1.5}}', "expected integer; found 1.5"],
    ['{{need "a"}}', "wrong number of args for need: want 2 got 1"],
    ['{{need "a" .s}}', "wrong type for value; expected int; got string"],
    ["{{need .missing 1}}", "invalid value; expected string"],
    ["{{need nil 1}}", "cannot assign nil to string"],
    ['{{flag "true"}}', 'expected bool; found "true"'],
    ["{{half true}}", "expected float; found true"],
    ["{{port -1}}", "expected unsigned integer; found -1"],
    ["{{count 1}}", "can't handle 1 for arg of type []string"],
    ["{{count}}", "wrong number of args for count: want at least 1 got 0"],
    ["{{broken}}", "error calling broken: it is broken: é"],
    ["{{call .f}}", "error calling call: wrong number of args: got 0 want 1"],
    ["{{call .f 1}}", "error calling call: arg 0: value has type int; should be string"],
    ["{{.f}}", "can't print {{.f}} of type func()"],
    ["{{.f 1}}", "f is not a method but has arguments"],
  ])("%s fails", (template, message) => {
    const data = map([
      ["s", "s"],
      ["f", func([STRING], ([text]) => text)],
    ]);
    expect(() => executeWith(template, functions, data)).toThrowError(`: ${message}`);
  });

  it("take the place of built-in ones and of the words break and continue", () => {
    const own = new Map([
      ["len", func([ANY], () => "mine")],
      ["break", func([], () => "a function")],
    ]);
    expect(executeWith("{{len 1}} {{break}}", own)).toBe("mine a function");
  });
});

describe("typed lists and maps", () => {
  it("print, compare and convert by their types", () => {
    const data = map([
      ["names", new Slice(named("web.Names", STRINGS), ["a", "b"])],
      ["none", new Slice(STRINGS, null)],
      ["ports", new GoMap(mapOf(INT), new Map([["a", 1n]]))],
    ]);
    const functions = new Map([
      ["join", func([STRINGS], ([list]) => (list instanceof Slice ? list.items().join("+") : ""))],
    ]);
    const template =
      '{{join .names}} {{printf "%T %#v" .names .none}} {{eq .none nil}} {{.ports.a}} {{index .ports "z"}} {{.ports.z}}';
    expect(executeWith(template, functions, data)).toBe("a+b web.Names []string(nil) true 1 0 <no value>");
  });

  it("share their elements with the slices made of them", () => {
    const functions = new Map([
      [
        "wipe",
        func([STRINGS], ([list]) => {
          if (list instanceof Slice) list.set(0, "-");
          return "";
        }),
      ],
    ]);
    expect(executeWith("{{wipe (slice . 1)}}{{.}}", functions, strings(["a", "b", "c"]))).toBe("[a - c]");
  });
});
