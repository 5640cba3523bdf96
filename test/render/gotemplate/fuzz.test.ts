import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TemplateError } from "../../../src/render/gotemplate/error.ts";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { fromJson, type Json } from "./executing.ts";

const SMALL = { maxSteps: 20_000, maxBytes: 200_000, maxMs: 5000, maxDepth: 20 };

// Everything but a TemplateError fails the test.
function outcome(template: string, data: Json): string {
  try {
    return parse("t", template).execute(fromJson(data), SMALL).toString("latin1");
  } catch (error) {
    if (error instanceof TemplateError) return `error: ${error.message}`;
    throw error;
  }
}

const PIECES = fc.constantFrom(
  ...'{{ }} {{- -}} ( ) | . .a .b.c $ $x $x.a := = , " ` \' \\ /* */ % \n 0x1p-2 1i \'a\' nil true 1 -1 2.5 "s" "%d%s%v%[2]*x"'.split(
    " ",
  ),
  ..." if else end range with define template block break continue and or not eq lt index slice len print printf html js call".split(
    " ",
  ),
  " ",
  "é",
  "\ud83d",
  "\u0000",
);

const NAMES = fc.constantFrom("a", "b", "x", "constructor", "__proto__");

const OPERANDS = fc.letrec((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      ".",
      "$",
      "nil",
      "true",
      "1",
      "-7",
      "2.5",
      "'a'",
      '"s"',
      '"%v|%d"',
      "1i",
      "`r`",
      ".a",
      ".b",
      ".a.b",
    ),
    NAMES.map((name) => `.${name}`),
    fc.tuple(tie("call"), fc.option(NAMES)).map(([call, name]) => `(${call})${name === null ? "" : `.${name}`}`),
  ),
  call: fc
    .tuple(
      fc.constantFrom(
        "print",
        "printf",
        "println",
        "index",
        "slice",
        "len",
        "eq",
        "ne",
        "lt",
        "and",
        "or",
        "not",
        "html",
        "js",
        "call",
      ),
      fc.array(tie("operand"), { maxLength: 4 }),
    )
    .map((words) => words.flat().join(" ")),
}));

const STATEMENTS = fc.letrec((tie) => ({
  statement: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("text", " ", "{{- /* c */ -}}", "{{break}}", "{{continue}}", '{{template "T" .}}'),
    OPERANDS.call.map((call) => `{{${call}}}`),
    fc.tuple(OPERANDS.operand, OPERANDS.call).map(([operand, call]) => `{{$x := ${operand} | ${call}}}{{$x}}`),
    fc.tuple(OPERANDS.operand, tie("list"), tie("list")).map(([o, a, b]) => `{{if ${o}}}${a}{{else}}${b}{{end}}`),
    fc.tuple(OPERANDS.operand, tie("list")).map(([operand, body]) => `{{with $x := ${operand}}}${body}{{end}}`),
    fc.tuple(OPERANDS.operand, tie("list")).map(([operand, body]) => `{{range $i, $x := ${operand}}}${body}{{end}}`),
    tie("list").map((body) => `{{define "T"}}${body}{{end}}`),
  ),
  list: fc.array(tie("statement"), { maxLength: 4 }).map((statements) => statements.join("")),
}));

const DATUM = fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)));
const DATA = fc.oneof(DATUM, fc.dictionary(NAMES, DATUM));

describe("whatever is written and whatever the data", () => {
  it("random pieces end in output or a TemplateError", () => {
    fc.assert(
      fc.property(fc.array(PIECES, { maxLength: 30 }), DATA, (pieces, data) => {
        expect(typeof outcome(`{{${pieces.join("")}}}`, data)).toBe("string");
      }),
      { numRuns: 2000 },
    );
  });

  it("random templates end in the same output or TemplateError each time", () => {
    fc.assert(
      fc.property(STATEMENTS.list, DATA, (template, data) => {
        expect(outcome(String(template), data)).toBe(outcome(String(template), data));
      }),
      { numRuns: 1500 },
    );
  });

  it("text without actions comes out byte for byte", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.includes("{{"));
        expect(parse("t", text).execute(undefined)).toEqual(Buffer.from(text));
      }),
    );
  });

  it("quoted text comes back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const quoted = parse("t", '{{printf "%q" .}}').execute(fromJson(text)).toString();
        expect(parse("t", `{{${quoted}}}`).execute(undefined)).toEqual(Buffer.from(text));
      }),
    );
  });

  it("any format does as printf, and never fails", () => {
    const verb = fc
      .tuple(
        fc.stringMatching(/^%[+\-# 0]{0,3}(\d{0,2}|\*|\[\d\])(\.(\d{0,2}|\*))?(\[\d\])?$/),
        fc.constantFrom(..."vdsqxXeEfFgGtcUboOTpwz%"),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(verb, { maxLength: 3 }), DATUM, DATUM, (verbs, a, b) => {
        const template = parse("t", '{{printf .format .a .b 1 "x"}}');
        expect(template.execute(fromJson({ format: verbs.join("|"), a, b }), SMALL)).toBeInstanceOf(Buffer);
      }),
      { numRuns: 1000 },
    );
  });
});
