import { describe, expect, it } from "vitest";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { DATA, execute } from "./executing.ts";

// Recorded from Go's text/template.
describe("errors", () => {
  describe("while parsing", () => {
    it.each([
      ["{{", "template: t:1: unclosed action"],
      ["{{1", "template: t:1: unclosed action"],
      ["{{if true}}", "template: t:1: unexpected EOF"],
      ["{{end}}", "template: t:1: unexpected {{end}}"],
      ["{{else}}", "template: t:1: unexpected {{else}}"],
      ["x\n{{if}}{{end}}", "template: t:2: missing value for if"],
      ["{{range}}{{end}}", "template: t:1: missing value for range"],
      ["{{if true}}a{{else}}b{{else}}c{{end}}", "template: t:1: expected end; found {{else}}"],
      ["{{range .list}}{{else if true}}{{end}}", "template: t:1: unexpected <if> in input"],
      ["{{nope}}", 'template: t:1: function "nope" not defined'],
      ["line\n{{print nope}}", 'template: t:2: function "nope" not defined'],
      ["{{$x}}", 'template: t:1: undefined variable "$x"'],
      ["{{if true}}{{$x := 1}}{{end}}{{$x}}", 'template: t:1: undefined variable "$x"'],
      ["{{$x, $y := 1}}", "template: t:1: too many declarations in command"],
      ["{{range $a, $b, $c := .}}{{end}}", "template: t:1: too many declarations in range"],
      ["{{range $a, 1 := .}}{{end}}", "template: t:1: range can only initialize variables"],
      ["{{break}}", "template: t:1: {{break}} outside {{range}}"],
      ["{{continue}}", "template: t:1: {{continue}} outside {{range}}"],
      ['{{define "x"}}{{break}}{{end}}', "template: t:1: {{break}} outside {{range}}"],
      ["{{range .}}{{else}}{{break}}{{end}}", "template: t:1: {{break}} outside {{range}}"],
      ["{{range .}}{{break 1}}{{end}}", 'template: t:1: unexpected "1" in {{break}}'],
      ['{{define "a"}}x{{end}}{{define "a"}}y{{end}}', 'template: t:1: template: multiple definition of template "a"'],
      ['{{define "t"}}x{{end}}y', 'template: t:1: template: multiple definition of template "t"'],
      ['{{define "a"}}', "template: t:1: unexpected EOF"],
      ["{{define a}}{{end}}", 'template: t:1: unexpected "a" in define clause'],
      ["{{template}}", 'template: t:1: unexpected "}}" in template clause'],
      ["{{template 1}}", 'template: t:1: unexpected "1" in template clause'],
      ['{{block "b"}}{{end}}', "template: t:1: missing value for block clause"],
      ["{{/* x }}", "template: t:1: unclosed comment"],
      ["{{/* x */ }}", "template: t:1: comment ends before closing delimiter"],
      ['{{"abc}}', "template: t:1: unterminated quoted string"],
      ['{{"abc\n"}}', "template: t:1: unterminated quoted string"],
      ["{{'abc}}", "template: t:1: unterminated character constant"],
      ["{{''}}", "template: t:1: invalid syntax"],
      ["{{'ab'}}", "template: t:1: malformed character constant: 'ab'"],
      ["{{`abc}}", "template: t:1: unterminated raw quoted string"],
      ['{{"\\q"}}', "template: t:1: invalid syntax"],
      ['{{"\\ud800"}}', "template: t:1: invalid syntax"],
      ["{{@}}", 'template: t:1: unexpected "@" in command'],
      ["{{a@}}", "template: t:1: bad character U+0040 '@'"],
      ["{{é@}}", "template: t:1: bad character U+0040 '@'"],
      ["{{:}}", "template: t:1: expected :="],
      ["{{:=}}", 'template: t:1: unexpected ":=" in command'],
      ["{{=}}", 'template: t:1: unexpected "=" in command'],
      ["{{,}}", 'template: t:1: unexpected "," in command'],
      ["{{ }}", "template: t:1: unrecognized character in action: U+00A0"],
      ["{{1abc}}", 'template: t:1: bad number syntax: "1a"'],
      ["{{08}}", 'template: t:1: integer overflow: "08"'],
      ["{{0b12}}", 'template: t:1: bad number syntax: "0b12"'],
      ["{{1__0}}", 'template: t:1: illegal number syntax: "1__0"'],
      ["{{1e400}}", 'template: t:1: illegal number syntax: "1e400"'],
      ["{{99999999999999999999}}", 'template: t:1: integer overflow: "99999999999999999999"'],
      ["{{0x}}", 'template: t:1: illegal number syntax: "0x"'],
      ["{{1+2}}", 'template: t:1: bad number syntax: "1+2"'],
      ["{{..}}", "template: t:1: unexpected <.> in operand"],
      ["{{.a.}}", "template: t:1: unexpected <.> in operand"],
      ["{{nil.a}}", 'template: t:1: unexpected . after term "nil"'],
      ["{{true.a}}", 'template: t:1: unexpected . after term "true"'],
      ['{{"a".b}}', 'template: t:1: unexpected . after term "\\"a\\""'],
      ["{{1.a}}", 'template: t:1: bad number syntax: "1.a"'],
      ["{{()}}", "template: t:1: missing value for parenthesized pipeline"],
      ["{{print (1}}", "template: t:1: unclosed left paren"],
      ["{{print 1)}}", 'template: t:1: unexpected ")" in command'],
      ["{{| print}}", 'template: t:1: unexpected "|" in command'],
      ["{{1 | 2}}", "template: t:1: non executable command in pipeline stage 2"],
      ["{{1 | .}}", "template: t:1: non executable command in pipeline stage 2"],
      ['{{1 | print | "x"}}', "template: t:1: non executable command in pipeline stage 3"],
      ['{{print\n"a', "template: t:2: unterminated quoted string in action started at t:1"],
      ["{{print\n(", "template: t:2: unclosed action started at t:1"],
      ["{{}}", "template: t:1: missing value for command"],
      ['{{"a""b"}}', 'template: t:1: unexpected "\\"b\\"" in operand'],
    ])("%j is reported where and as Go does", (template, message) => {
      expect(() => parse("t", template)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });

  describe("while executing", () => {
    it.each([
      [
        "{{index .words 9}}",
        'template: t:1:2: executing "t" at <index .words 9>: error calling index: index out of range: 9',
      ],
      [
        "line\n  {{index .words 9}}",
        'template: t:2:4: executing "t" at <index .words 9>: error calling index: index out of range: 9',
      ],
      [
        '{{define "in"}}\n{{index . 9}}{{end}}{{template "in" .words}}',
        'template: t:2:2: executing "in" at <index . 9>: error calling index: index out of range: 9',
      ],
      ['{{template "none"}}', 'template: t:1:11: executing "t" at <{{template "none"}}>: template "none" not defined'],
      ["{{nil}}", 'template: t:1:2: executing "t" at <nil>: nil is not a command'],
      ["{{1 2}}", 'template: t:1:2: executing "t" at <1>: can\'t give argument to non-function 1'],
      ["{{. 1}}", 'template: t:1:2: executing "t" at <.>: can\'t give argument to non-function .'],
      ["{{.s 1}}", 'template: t:1:2: executing "t" at <.s>: s is not a method but has arguments'],
      ["{{1 | .s}}", 'template: t:1:6: executing "t" at <.s>: s is not a method but has arguments'],
      [
        "{{(print 1) 2}}",
        'template: t:1:2: executing "t" at <(print 1) 2>: can\'t give argument to non-function print 1',
      ],
      ["{{$x := 1}}{{$x 2}}", 'template: t:1:13: executing "t" at <$x>: can\'t give argument to non-function $x'],
      ["{{$x = 1}}", 'template: t:1:7: executing "t" at <1>: undefined variable: $x'],
      ["{{.s.x}}", 'template: t:1:4: executing "t" at <.s.x>: can\'t evaluate field x in type interface {}'],
      ["{{.n.x}}", 'template: t:1:4: executing "t" at <.n.x>: can\'t evaluate field x in type interface {}'],
      ["{{.list.x}}", 'template: t:1:7: executing "t" at <.list.x>: can\'t evaluate field x in type interface {}'],
      ["{{$x := .s}}{{$x.y}}", 'template: t:1:16: executing "t" at <$x.y>: can\'t evaluate field y in type string'],
      ["{{.z.x}}", 'template: t:1:4: executing "t" at <.z.x>: nil pointer evaluating interface {}.x'],
      ["{{range .s}}{{end}}", 'template: t:1:8: executing "t" at <.s>: range can\'t iterate over text'],
      ["{{range 3}}{{end}}", 'template: t:1:8: executing "t" at <3>: range can\'t iterate over 3'],
      ["{{range true}}{{end}}", 'template: t:1:8: executing "t" at <true>: range can\'t iterate over true'],
      ["{{range $i, $e := .n}}{{end}}", 'template: t:1:18: executing "t" at <.n>: range can\'t iterate over 3306'],
      ["{{len 3}}", 'template: t:1:2: executing "t" at <len 3>: error calling len: len of type int'],
      [
        "{{len nil}}",
        'template: t:1:2: executing "t" at <len nil>: error calling len: reflect: call of reflect.Value.Type on zero Value',
      ],
      [
        "{{len .missing}}",
        'template: t:1:2: executing "t" at <len .missing>: error calling len: reflect: call of reflect.Value.Type on zero Value',
      ],
      ["{{index nil 1}}", 'template: t:1:2: executing "t" at <index nil 1>: error calling index: index of untyped nil'],
      [
        '{{index .words "a"}}',
        'template: t:1:2: executing "t" at <index .words "a">: error calling index: cannot index slice/array with type string',
      ],
      [
        "{{index .words -1}}",
        'template: t:1:2: executing "t" at <index .words -1>: error calling index: index out of range: -1',
      ],
      [
        "{{index .words nil}}",
        'template: t:1:2: executing "t" at <index .words nil>: error calling index: cannot index slice/array with nil',
      ],
      [
        "{{index .map 1}}",
        'template: t:1:2: executing "t" at <index .map 1>: error calling index: value has type int; should be string',
      ],
      [
        "{{index .map nil}}",
        'template: t:1:2: executing "t" at <index .map nil>: error calling index: value is nil; should be of type string',
      ],
      [
        "{{index 1 1}}",
        'template: t:1:2: executing "t" at <index 1 1>: error calling index: can\'t index item of type int',
      ],
      [
        '{{index "abc" 3}}',
        'template: t:1:2: executing "t" at <index "abc" 3>: error calling index: reflect: string index out of range',
      ],
      [
        '{{index .map "x" "y"}}',
        'template: t:1:2: executing "t" at <index .map "x" "y">: error calling index: index of nil pointer',
      ],
      [
        "{{slice 1 2}}",
        'template: t:1:2: executing "t" at <slice 1 2>: error calling slice: can\'t slice item of type int',
      ],
      ["{{slice nil}}", 'template: t:1:2: executing "t" at <slice nil>: error calling slice: slice of untyped nil'],
      [
        '{{slice "abc" 2 1}}',
        'template: t:1:2: executing "t" at <slice "abc" 2 1>: error calling slice: invalid slice index: 2 > 1',
      ],
      [
        '{{slice "abc" 4}}',
        'template: t:1:2: executing "t" at <slice "abc" 4>: error calling slice: index out of range: 4',
      ],
      [
        '{{slice "abc" 0 1 2}}',
        'template: t:1:2: executing "t" at <slice "abc" 0 1 2>: error calling slice: cannot 3-index slice a string',
      ],
      [
        "{{slice .words 0 1 2 3}}",
        'template: t:1:2: executing "t" at <slice .words 0 1 2 3>: error calling slice: too many slice indexes: 4',
      ],
      [
        "{{eq 1 1.0}}",
        'template: t:1:2: executing "t" at <eq 1 1.0>: error calling eq: incompatible types for comparison',
      ],
      [
        '{{eq "a" 1}}',
        'template: t:1:2: executing "t" at <eq "a" 1>: error calling eq: incompatible types for comparison',
      ],
      ["{{eq 1}}", 'template: t:1:2: executing "t" at <eq 1>: error calling eq: missing argument for comparison'],
      [
        '{{eq 1 2 "a"}}',
        'template: t:1:2: executing "t" at <eq 1 2 "a">: error calling eq: incompatible types for comparison',
      ],
      [
        "{{eq .words .words}}",
        'template: t:1:2: executing "t" at <eq .words .words>: error calling eq: non-comparable type [b a c]: []interface {}',
      ],
      [
        "{{eq .map 1}}",
        'template: t:1:2: executing "t" at <eq .map 1>: error calling eq: incompatible types for comparison',
      ],
      [
        '{{lt 1 "a"}}',
        'template: t:1:2: executing "t" at <lt 1 "a">: error calling lt: incompatible types for comparison',
      ],
      ["{{lt nil 1}}", 'template: t:1:2: executing "t" at <lt nil 1>: error calling lt: invalid type for comparison'],
      [
        "{{lt true false}}",
        'template: t:1:2: executing "t" at <lt true false>: error calling lt: invalid type for comparison',
      ],
      ["{{lt 1i 2i}}", 'template: t:1:2: executing "t" at <lt 1i 2i>: error calling lt: invalid type for comparison'],
      [
        "{{gt .words 1}}",
        'template: t:1:2: executing "t" at <gt .words 1>: error calling gt: invalid type for comparison',
      ],
      ["{{ne 1}}", 'template: t:1:2: executing "t" at <ne>: wrong number of args for ne: want 2 got 1'],
      ["{{not}}", 'template: t:1:2: executing "t" at <not>: wrong number of args for not: want 1 got 0'],
      ["{{and}}", 'template: t:1:2: executing "t" at <and>: wrong number of args for and: want at least 1 got 0'],
      ["{{len 1 2}}", 'template: t:1:2: executing "t" at <len>: wrong number of args for len: want 1 got 2'],
      [
        "{{printf}}",
        'template: t:1:2: executing "t" at <printf>: wrong number of args for printf: want at least 1 got 0',
      ],
      ["{{printf 1}}", 'template: t:1:9: executing "t" at <1>: expected string; found 1'],
      ["{{printf .n}}", 'template: t:1:9: executing "t" at <.n>: wrong type for value; expected string; got float64'],
      ["{{printf .missing}}", 'template: t:1:9: executing "t" at <.missing>: invalid value; expected string'],
      ["{{printf nil}}", 'template: t:1:9: executing "t" at <nil>: cannot assign nil to string'],
      ["{{call 1}}", 'template: t:1:2: executing "t" at <call 1>: error calling call: non-function of type int'],
      ["{{call nil}}", 'template: t:1:2: executing "t" at <call nil>: error calling call: call of nil'],
      [
        "{{18446744073709551615}}",
        'template: t:1:2: executing "t" at <18446744073709551615>: 18446744073709551615 overflows int',
      ],
      [
        "{{print 18446744073709551615}}",
        'template: t:1:8: executing "t" at <18446744073709551615>: 18446744073709551615 overflows int',
      ],
      [
        "{{with .z}}{{else}}{{.s.x}}{{end}}",
        'template: t:1:23: executing "t" at <.s.x>: can\'t evaluate field x in type interface {}',
      ],
      ["{{(index .list 0).x}}", 'template: t:1:15: executing "t" at <0>: can\'t evaluate field x in type float64'],
      [
        "{{if (index .words 7)}}{{end}}",
        'template: t:1:6: executing "t" at <index .words 7>: error calling index: index out of range: 7',
      ],
    ])("%j is reported where and as Go does", (template, message) => {
      expect(() => execute(template, DATA)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });
});
