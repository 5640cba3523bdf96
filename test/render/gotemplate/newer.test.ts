import { describe, expect, it } from "vitest";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { DATA, execute } from "./executing.ts";

describe("what came to the language after Go 1.19", () => {
  it.each([
    ["{{with .z}}a{{else with .s}}{{.}}{{else}}c{{end}}", "text"],
    ["{{with .z}}a{{else with .empty}}b{{else}}c {{.n}}{{end}}", "c 3306"],
    ["{{with $x := .s}}{{$x}}{{else with .n}}b{{end}}", "text"],
    ["{{$i := 9}}{{$e := 9}}{{range $i, $e = .words}}{{$i}}{{$e}} {{end}}{{$i}}{{$e}}", "0b 1a 2c 2c"],
    ["{{$e := 9}}{{$x := 8}}{{range $e = .words}}{{$e}}{{end}}{{$e}}{{$x}}", "bacc8"],
  ])("%s", (template, expected) => {
    expect(execute(template, DATA)).toBe(expected);
  });

  it.each([
    ["{{if .z}}a{{else with .s}}b{{end}}{{end}}", "template: t:1: unexpected <with> in input"],
    ["{{with .z}}a{{else if .s}}b{{end}}{{end}}", "template: t:1: unexpected <if> in input"],
    ["{{range .z}}a{{else with .s}}b{{end}}{{end}}", "template: t:1: unexpected <with> in input"],
  ])("%s is still wrong", (template, message) => {
    expect(() => parse("t", template)).toThrowError(message);
  });

  it.each(["{{range 3}}{{end}}", "{{range $i := 3}}{{end}}"])("%s is not part of it", (template) => {
    expect(() => execute(template)).toThrowError("range can't iterate over 3");
  });
});
