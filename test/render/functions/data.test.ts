import { describe, expect, it } from "vitest";
import { render } from "./rendering.ts";

const KEYS = {
  "/a": "1",
  "/b/c": "x",
  "/b/d": "y y",
  "/b/e/f": "",
  "/b-x/q": "-3",
  "/host": "Web-01.Example.COM.",
  "/j": '{"s":"str","n":3306,"f":0.5,"b":true,"z":null,"l":[1,"a",null,{"k":"v"}]}',
  "/é": "größe",
};

// Recorded from confd's own functions.
describe("functions on data", () => {
  describe("json", () => {
    it.each([
      [
        '{{$d := json (getv "/j")}}{{$d.s}} {{$d.n}} {{$d.f}} {{$d.b}} {{$d.z}} {{$d.l}} {{$d.none}} {{$d}}',
        "str 3306 0.5 true <no value> [1 a <nil> map[k:v]] <no value> map[b:true f:0.5 l:[1 a <nil> map[k:v]] n:3306 s:str z:<nil>]",
      ],
      [
        '{{json "{}"}} {{json "null"}} {{jsonArray "[]"}} {{jsonArray "null"}} {{json " {\\n\\"a\\" : [ ] } "}}',
        "map[] map[] [] [] map[a:[]]",
      ],
      [
        '{{jsonArray "[0, -0, 1e5, 999999, 1000000, 123456789, 0.00001, 1e21, 0.1]"}}',
        "[0 -0 100000 999999 1e+06 1.23456789e+08 1e-05 1e+21 0.1]",
      ],
      ['{{jsonArray "[\\"\\\\u00e9\\\\ud83d\\\\ude00\\\\n\\\\ud800\\", \\"é\\xff\\"]"}}', "[é😀\n� é�]"],
      ['{{json "{\\"a\\":1,\\"a\\":2,\\"__proto__\\":3,\\"constructor\\":4}"}}', "map[__proto__:3 a:2 constructor:4]"],
      [
        '{{range $k, $v := json "{\\"b\\":1,\\"a\\":2,\\"ä\\":3,\\"B\\":4,\\"10\\":5,\\"9\\":6}"}}{{$k}}{{$v}} {{end}}',
        "105 96 B4 a2 b1 ä3 ",
      ],
      ['{{(json "{}").constructor}} {{(json "{\\"constructor\\":1}").constructor}}', "<no value> 1"],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("json that is none", () => {
    it.each([
      ['{{json ""}}', 'template: t:1:2: executing "t" at <json "">: error calling json: unexpected end of JSON input'],
      [
        '{{json "{"}}',
        'template: t:1:2: executing "t" at <json "{">: error calling json: unexpected end of JSON input',
      ],
      [
        '{{json "{\\"a\\""}}',
        'template: t:1:2: executing "t" at <json "{\\"a\\"">: error calling json: unexpected end of JSON input',
      ],
      [
        '{{json "{\\"a\\":1"}}',
        'template: t:1:2: executing "t" at <json "{\\"a\\":1">: error calling json: unexpected end of JSON input',
      ],
      [
        '{{json "{\\"a\\":1,}"}}',
        'template: t:1:2: executing "t" at <json "{\\"a\\":1,}">: error calling json: invalid character \'}\' looking for beginning of object key string',
      ],
      [
        '{{json "{a:1}"}}',
        'template: t:1:2: executing "t" at <json "{a:1}">: error calling json: invalid character \'a\' looking for beginning of object key string',
      ],
      [
        '{{json "{} x"}}',
        'template: t:1:2: executing "t" at <json "{} x">: error calling json: invalid character \'x\' after top-level value',
      ],
      [
        '{{json "{\\"a\\" 1}"}}',
        'template: t:1:2: executing "t" at <json "{\\"a\\" 1}">: error calling json: invalid character \'1\' after object key',
      ],
      [
        '{{json "{\\"a\\":1 \\"b\\":2}"}}',
        'template: t:1:2: executing "t" at <json "{\\"a\\":1 \\"b\\":2}">: error calling json: invalid character \'"\' after object key:value pair',
      ],
      [
        '{{jsonArray "[1 2]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[1 2]">: error calling jsonArray: invalid character \'2\' after array element',
      ],
      [
        '{{jsonArray "[1,]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[1,]">: error calling jsonArray: invalid character \']\' looking for beginning of value',
      ],
      [
        '{{jsonArray "[trux]"}}',
        "template: t:1:2: executing \"t\" at <jsonArray \"[trux]\">: error calling jsonArray: invalid character 'x' in literal true (expecting 'e')",
      ],
      [
        '{{jsonArray "[01]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[01]">: error calling jsonArray: invalid character \'1\' after array element',
      ],
      [
        '{{jsonArray "[-]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[-]">: error calling jsonArray: invalid character \']\' in numeric literal',
      ],
      [
        '{{jsonArray "[1.]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[1.]">: error calling jsonArray: invalid character \']\' after decimal point in numeric literal',
      ],
      [
        '{{jsonArray "[1e]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[1e]">: error calling jsonArray: invalid character \']\' in exponent of numeric literal',
      ],
      [
        '{{jsonArray "[1e+x]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[1e+x]">: error calling jsonArray: invalid character \'x\' in exponent of numeric literal',
      ],
      [
        '{{jsonArray "[\\"\\n\\"]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[\\"\\n\\"]">: error calling jsonArray: invalid character \'\\n\' in string literal',
      ],
      [
        '{{jsonArray "[\\"\\\\q\\"]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[\\"\\\\q\\"]">: error calling jsonArray: invalid character \'q\' in string escape code',
      ],
      [
        '{{jsonArray "[\\"\\\\u12x4\\"]"}}',
        'template: t:1:2: executing "t" at <jsonArray "[\\"\\\\u12x4\\"]">: error calling jsonArray: invalid character \'x\' in \\u hexadecimal character escape',
      ],
      [
        "{{jsonArray \"['a']\"}}",
        "template: t:1:2: executing \"t\" at <jsonArray \"['a']\">: error calling jsonArray: invalid character '\\'' looking for beginning of value",
      ],
      [
        '{{jsonArray "é"}}',
        'template: t:1:2: executing "t" at <jsonArray "é">: error calling jsonArray: invalid character \'Ã\' looking for beginning of value',
      ],
      [
        '{{json "[]"}}',
        'template: t:1:2: executing "t" at <json "[]">: error calling json: json: cannot unmarshal array into Go value of type map[string]interface {}',
      ],
      [
        '{{json "1"}}',
        'template: t:1:2: executing "t" at <json "1">: error calling json: json: cannot unmarshal number into Go value of type map[string]interface {}',
      ],
      [
        '{{json "\\"a\\""}}',
        'template: t:1:2: executing "t" at <json "\\"a\\"">: error calling json: json: cannot unmarshal string into Go value of type map[string]interface {}',
      ],
      [
        '{{json "true"}}',
        'template: t:1:2: executing "t" at <json "true">: error calling json: json: cannot unmarshal bool into Go value of type map[string]interface {}',
      ],
      [
        '{{jsonArray "{}"}}',
        'template: t:1:2: executing "t" at <jsonArray "{}">: error calling jsonArray: json: cannot unmarshal object into Go value of type []interface {}',
      ],
      ["{{json 1}}", 'template: t:1:7: executing "t" at <1>: expected string; found 1'],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });

  describe("map", () => {
    it.each([
      ['{{map "a" 1 "b" "x" "c" nil}} {{map}} {{map "a" 1 "a" 2}}', "map[a:1 b:x c:<nil>] map[] map[a:2]"],
      [
        '{{$m := map "port" 80 "on" true}}{{$m.port}} {{if $m.on}}on{{end}} {{index $m "port"}} {{$m.none}}',
        "80 on 80 <no value>",
      ],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("map in wrong use", () => {
    it.each([
      ['{{map "a"}}', 'template: t:1:2: executing "t" at <map "a">: error calling map: invalid map call'],
      ["{{map 1 2}}", 'template: t:1:2: executing "t" at <map 1 2>: error calling map: map keys must be strings'],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });

  describe("base64", () => {
    it.each([
      ['{{base64Encode "ünï"}} {{base64Encode ""}} {{base64Decode "w7xuw68="}} {{base64Decode ""}}', "w7xuw68=  ünï "],
      ['{{base64Decode "YQ\\n=="}} {{base64Decode "YR=="}} {{base64Decode "/w==" | printf "%q"}}', 'a a "\\xff"'],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("base64 that is none", () => {
    it.each([
      [
        '{{base64Decode "YQ"}}',
        'template: t:1:2: executing "t" at <base64Decode "YQ">: error calling base64Decode: illegal base64 data at input byte 0',
      ],
      [
        '{{base64Decode "Y Q=="}}',
        'template: t:1:2: executing "t" at <base64Decode "Y Q==">: error calling base64Decode: illegal base64 data at input byte 1',
      ],
      [
        '{{base64Decode "YWI=YQ=="}}',
        'template: t:1:2: executing "t" at <base64Decode "YWI=YQ==">: error calling base64Decode: illegal base64 data at input byte 4',
      ],
      [
        '{{base64Decode "YQ==="}}',
        'template: t:1:2: executing "t" at <base64Decode "YQ===">: error calling base64Decode: illegal base64 data at input byte 4',
      ],
      [
        '{{base64Decode "=YQ="}}',
        'template: t:1:2: executing "t" at <base64Decode "=YQ=">: error calling base64Decode: illegal base64 data at input byte 0',
      ],
      [
        '{{base64Decode "Y"}}',
        'template: t:1:2: executing "t" at <base64Decode "Y">: error calling base64Decode: illegal base64 data at input byte 0',
      ],
      [
        '{{base64Decode "YQ=a"}}',
        'template: t:1:2: executing "t" at <base64Decode "YQ=a">: error calling base64Decode: illegal base64 data at input byte 2',
      ],
      [
        '{{base64Decode "YQ-_"}}',
        'template: t:1:2: executing "t" at <base64Decode "YQ-_">: error calling base64Decode: illegal base64 data at input byte 2',
      ],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });
});
