import { describe, expect, it } from "vitest";
import { DATA, execute } from "./executing.ts";

// Recorded from Go's text/template.
describe("the language of templates", () => {
  describe("text and trimming", () => {
    it.each([
      ["plain", "plain"],
      ["a{{/* c */}}b", "ab"],
      ["a {{- /* c */ -}} b", "ab"],
      ["a{{- 1 -}} b", "a1b"],
      ["a \t\r\n{{- 1 -}}\n\n b", "a1b"],
      ["a {{-1}}", "a -1"],
      ["a {{- -1}}", "a-1"],
      ["{{1 -}}  x  {{- 2}}", "1x2"],
      ["{{`}}`}}", "}}"],
      ['{{"}}"}}', "}}"],
      ["{{\n1\n}}", "1"],
      ["{ {{1}} } }}", "{ 1 } }}"],
      ["{{/*\n several\n lines */}}x", "x"],
      ["{{- 1}}", "1"],
      ["{{1}}{{2 -}} \n", "12"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("constants", () => {
    it.each([
      ['{{"a\\tb\\x41\\101\\u00e9\\U0001F680\\"\\\\"}}', 'a\tbAAé🚀"\\'],
      ["{{`raw \\n`}}", "raw \\n"],
      ["{{`a\rb`}}", "ab"],
      ["{{'a'}} {{'\\n'}} {{'世'}} {{'\\x41'}} {{'\\''}}", "97 10 19990 65 39"],
      ["{{true}} {{false}}", "true false"],
      ["{{print nil}}", "<nil>"],
      ["{{1_000}} {{0x1F}} {{0X1f}} {{0o17}} {{017}} {{0b101}}", "1000 31 31 15 15 5"],
      ["{{1.5}} {{.5}} {{1.}} {{1e3}} {{1E-7}} {{0x1p-2}} {{0x1.8p1}}", "1.5 0.5 1 1000 1e-07 0.25 3"],
      ["{{-5}} {{+5}} {{-0}} {{-0.0}}", "-5 5 0 -0"],
      ["{{1i}} {{1+2i}} {{-1.5-2i}}", "(0+1i) (1+2i) (-1.5-2i)"],
      ["{{9223372036854775807}} {{-9223372036854775808}}", "9223372036854775807 -9223372036854775808"],
      [
        "{{1000000.0}} {{999999.0}} {{123456789.0}} {{0.00001}} {{0.0001}} {{1e21}} {{1e20}} {{100000.0}}",
        "1e+06 999999 1.23456789e+08 1e-05 0.0001 1e+21 1e+20 100000",
      ],
      ["{{1_0.5}}", "10.5"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("fields and dots", () => {
    it.each([
      ["{{.s}} {{.n}} {{.f}} {{.t}} {{.u}}", "text 3306 0.5 true größe"],
      ["{{.z}} {{.missing}} {{.missing.deeper}}", "<no value> <no value> <no value>"],
      ["{{.list}} {{.map}} {{.empty}} {{.none}}", "[1 a <nil> map[k:v]] map[a:map[c:deep] b:1] [] map[]"],
      ["{{.map.a.c}} {{.map.a.x}} {{.map.x.y}}", "deep <no value> <no value>"],
      ["{{$.s}} {{$.map.a.c}}", "text deep"],
      ["{{(.map).a.c}} {{(index .list 3).k}}", "deep v"],
      ['{{(index .map "x").y}}', "<no value>"],
      ["{{with .map}}{{.b}} {{$.s}}{{end}}", "1 text"],
      [
        "{{.}}",
        "map[empty:[] f:0.5 list:[1 a <nil> map[k:v]] map:map[a:map[c:deep] b:1] n:3306 none:map[] s:text t:true u:größe words:[b a c] z:<nil>]",
      ],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("variables and scope", () => {
    it.each([
      ["{{$x := 1}}{{$x}}", "1"],
      ["{{$x := 1}}{{$x = 2}}{{$x}}", "2"],
      ["{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"],
      ["{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"],
      ["{{$x := .map}}{{$x.a.c}}", "deep"],
      ["{{$é := 1}}{{$é}}", "1"],
      ["{{$x := 5 | print}}{{$x}}", "5"],
      ["{{with $x := 5}}{{$x}}{{.}}{{end}}", "55"],
      ["{{if $x := .s}}{{$x}}{{else}}no {{$x}}{{end}}", "text"],
      ["{{if $x := .missing}}{{$x}}{{else}}no {{$x}}{{end}}", "no <no value>"],
      ["{{range $i, $e := .words}}{{$i}}{{$e}} {{end}}", "0b 1a 2c "],
      ["{{range $e := .words}}{{$e}}{{.}} {{end}}", "bb aa cc "],
      ["{{$e := 0}}{{range $e = .words}}{{end}}{{$e}}", "c"],
      ["{{(($x := 1))}}{{$x}}", "11"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("if and with", () => {
    it.each([
      ["{{if true}}a{{else}}b{{end}}", "a"],
      ["{{if false}}a{{else if true}}b{{else}}c{{end}}", "b"],
      ["{{if false}}a{{else if false}}b{{else}}c{{end}}", "c"],
      [
        '{{if 0}}T{{else}}F{{end}}{{if 0.0}}T{{else}}F{{end}}{{if ""}}T{{else}}F{{end}}{{if .z}}T{{else}}F{{end}}{{if .empty}}T{{else}}F{{end}}{{if .none}}T{{else}}F{{end}}',
        "FFFFFF",
      ],
      ['{{if "0"}}T{{end}}{{if -1}}T{{end}}{{if .list}}T{{end}}{{if .map}}T{{end}}{{if 1i}}T{{end}}', "TTTTT"],
      ["{{with .s}}{{.}}{{else}}none{{end}}", "text"],
      ["{{with .z}}{{.}}{{else}}none {{.s}}{{end}}", "none text"],
      ["{{if not .z}}x{{end}}", "x"],
      ["{{if and .s .t}}both{{end}}", "both"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("range", () => {
    it.each([
      ["{{range .words}}{{.}};{{end}}", "b;a;c;"],
      ["{{range .map}}{{.}};{{end}}", "map[c:deep];1;"],
      ["{{range $k, $v := .map}}{{$k}}={{$v}};{{end}}", "a=map[c:deep];b=1;"],
      ["{{range .empty}}x{{else}}none{{end}}", "none"],
      ["{{range .none}}x{{else}}none{{end}}", "none"],
      ["{{range .missing}}x{{else}}none {{.s}}{{end}}", "none text"],
      ["{{range .z}}x{{else}}none{{end}}", "none"],
      ['{{range .words}}{{if eq . "a"}}{{break}}{{end}}{{.}}{{end}}!', "b!"],
      ['{{range .words}}{{if eq . "a"}}{{continue}}{{end}}{{.}}{{end}}!', "bc!"],
      ["{{range .words}}{{range $.words}}{{break}}{{end}}{{.}}{{end}}", "bac"],
      [
        "{{range $i, $w := .words}}{{range $j, $v := $.words}}{{$i}}{{$j}} {{end}}{{end}}",
        "00 01 02 10 11 12 20 21 22 ",
      ],
      ["{{range .list}}[{{.}}]{{end}}", "[1][a][<no value>][map[k:v]]"],
      ["{{range .words}}{{with .}}{{continue}}{{end}}x{{else}}e{{end}}", ""],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("templates", () => {
    it.each([
      ['{{define "a"}}A{{.}}{{end}}{{template "a"}}{{template "a" 1}}{{template "a" .s}}', "A<no value>A1Atext"],
      ['{{template "a" .map}}{{define "a"}}{{.b}}{{$.b}}{{end}}', "11"],
      ['{{block "b" .s}}B{{.}}{{end}}{{template "b"}}', "BtextB<no value>"],
      ['{{define "a"}}{{template "b" .}}{{end}}{{define "b"}}<{{.}}>{{end}}{{template "a" 1}}', "<1>"],
      ["{{define `a`}}x{{end}}{{template `a`}}", "x"],
      ['{{define "a"}}{{end}}{{define "a"}}B{{end}}{{template "a"}}', "B"],
      ['{{define "down"}}{{if .a}}{{template "down" .a}}{{else}}{{.c}}{{end}}{{end}}{{template "down" .map}}', "deep"],
      ['{{define "a"}}{{$x := 1}}{{end}}{{$x := 2}}{{template "a"}}{{$x}}', "2"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("pipelines", () => {
    it.each([
      ["{{.s | print}}", "text"],
      ['{{.s | printf "%s-%s" "x"}}', "x-text"],
      ['{{"a" | print "b" | printf "%q"}}', '"ba"'],
      ["{{print (print 1 | print) | print}}", "1"],
      ["{{.words | len}}", "3"],
      ["{{.words | len | eq 3}}", "true"],
      ["{{(1)}}{{((2))}}", "12"],
      ['{{.n | printf "%.0f"}}', "3306"],
      ['{{and 1 0 "x"}} {{or "" 0 "last"}} {{or 7 "z"}} [{{or "" ""}}]', "0 last 7 []"],
      ["{{or 1 (index nil 1)}} {{and 0 (index nil 1)}}", "1 0"],
      ["{{0 | or 5}} {{0 | or 0}} {{1 | and 0}} {{2 | and 1}}", "5 0 0 2"],
      ['{{or .missing "x"}} {{and .t nil}}', "x <no value>"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });
});
