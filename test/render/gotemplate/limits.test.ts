import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../../src/render/gotemplate/limits.ts";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { list, map, type Value } from "../../../src/render/gotemplate/value.ts";
import { execute } from "./executing.ts";

function numbers(count: number): Value {
  return list(Array.from({ length: count }, (_none, i) => i));
}

const failsWith = (message: string): unknown =>
  expect.objectContaining({ name: "TemplateError", message: expect.stringContaining(message) });

describe("limits", () => {
  it("stop a loop that does not end in time", () => {
    const template = parse("t", "{{range .}}{{range $}}{{range $}}{{end}}{{end}}{{end}}");
    expect(() => template.execute(numbers(2000), { maxSteps: 50_000 })).toThrowError(
      failsWith("more than 50000 steps"),
    );
    expect(() => template.execute(numbers(2000), { maxMs: 20 })).toThrowError(failsWith("not done after 20 ms"));
  });

  it("stop templates that call themselves", () => {
    expect(() => execute('{{define "a"}}{{template "a"}}{{end}}{{template "a"}}')).toThrowError(
      failsWith(`exceeded maximum template depth (${DEFAULT_LIMITS.maxDepth})`),
    );
    const nested = '{{define "a"}}{{if .a}}{{range .a}}{{template "a" .}}{{end}}{{end}}{{end}}{{template "a" .}}';
    expect(() => execute(nested, { a: [{ a: [{ a: [] }] }] }, { maxDepth: 2 })).toThrowError(failsWith("depth (2)"));
  });

  it("stop output that grows too large", () => {
    const template = parse("t", '{{range .}}{{printf "%100d" 1}}{{end}}');
    expect(() => template.execute(numbers(1000), { maxBytes: 5000 })).toThrowError(
      failsWith("output is larger than 5000 bytes"),
    );
  });

  it("stop values that grow too large", () => {
    const doubled = parse("t", '{{$x := "aaaaaaaa"}}{{range .}}{{$x = print $x $x}}{{end}}');
    expect(() => doubled.execute(numbers(60))).toThrowError(failsWith("text is longer than"));
    expect(() => execute('{{printf "%9999999d%9999999d" 1 2}}', null, { maxBytes: 1_000_000 })).toThrowError(
      failsWith("text is longer than 1000000 bytes"),
    );
  });

  it("stop the printing of data that is larger or deeper than it looks", () => {
    const wide = Array.from({ length: 40 }).reduce<Value>((inner) => list([inner, inner]), "x");
    expect(() => parse("t", "{{.}}").execute(wide, { maxBytes: 100_000 })).toThrowError(failsWith("longer than"));
    const deep = Array.from({ length: 100_000 }).reduce<Value>((inner) => list([inner]), "x");
    expect(() => parse("t", "{{.}}").execute(deep)).toThrowError(failsWith("nested too deeply"));
  });

  it.each([
    ["parentheses", `{{${"(".repeat(100_000)}1${")".repeat(100_000)}}}`],
    ["blocks", `${"{{if true}}".repeat(100_000)}${"{{end}}".repeat(100_000)}`],
    ["definitions", `${'{{block "a" 1}}'.repeat(100_000)}${"{{end}}".repeat(100_000)}`],
    ["else if", `{{if 0}}${"{{else if 0}}".repeat(200_000)}{{end}}`],
  ])("stop %s nested without reason", (_what, template) => {
    expect(() => execute(template)).toThrowError(failsWith("nested too deeply"));
  });

  it("leave room for what people write", () => {
    const nested = `${"{{if true}}".repeat(100)}{{${"(".repeat(100)}1${")".repeat(100)}}}${"{{end}}".repeat(100)}`;
    expect(execute(nested)).toBe("1");
    const chain = Array.from({ length: 300 }, (_none, i) => `{{else if eq .n ${i}.0}}${i}`).join("");
    expect(execute(`{{if false}}${chain}{{end}}`, { n: 299 })).toBe("299");
    const recursion = '{{define "a"}}{{range .a}}x{{template "a" .}}{{end}}{{end}}{{template "a" .}}';
    const data = Array.from({ length: 90 }).reduce<Value>((inner) => map([["a", list([inner])]]), map([]));
    expect(parse("t", recursion).execute(data).toString()).toBe("x".repeat(90));
  });
});
