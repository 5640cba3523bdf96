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
describe("functions on lists and numbers", () => {
  describe("lists", () => {
    it.each([
      [
        '{{reverse (split "a b c" " ")}} {{reverse (seq 1 3)}} {{reverse "abc"}} {{reverse 1}} {{reverse nil}}',
        "[c b a] [1 2 3] abc 1 <no value>",
      ],
      ['{{$l := split "a b c" " "}}{{$m := reverse $l}}{{$l}} {{$m}}', "[c b a] [c b a]"],
      ['{{sortByLength (split "ccc a bb d ee" " ")}}', "[a d bb ee ccc]"],
      ['{{$l := split "ccc a" " "}}{{$m := sortByLength $l}}{{$l}}', "[a ccc]"],
      [
        '{{range sortKVByLength (gets "/b/*")}}{{.Key}} {{end}}{{printf "%T" (sortKVByLength (gets "/*"))}}',
        "/b/c /b/d []memkv.KVPair",
      ],
      [
        '{{range reverse (gets "/b/*")}}{{.Key}} {{end}}{{range reverse (sortKVByLength (gets "/b/*"))}}{{.Key}} {{end}}',
        "/b/c /b/d /b/d /b/c ",
      ],
      [
        "{{seq 1 3}} {{seq 3 1}} {{seq 2 2}} {{seq -1 1}} {{len (seq 1 1000)}}{{range seq 1 0}}x{{else}} none{{end}}",
        "[1 2 3] [] [2] [-1 0 1] 1000 none",
      ],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("lists in wrong use", () => {
    it.each([
      [
        '{{sortByLength (gets "/*")}}',
        'template: t:1:21: executing "t" at <"/*">: wrong type for value; expected []string; got memkv.KVPairs',
      ],
      [
        '{{sortKVByLength (getvs "/*")}}',
        'template: t:1:24: executing "t" at <"/*">: wrong type for value; expected []memkv.KVPair; got []string',
      ],
      [
        '{{sortByLength (jsonArray "[]")}}',
        'template: t:1:26: executing "t" at <"[]">: wrong type for value; expected []string; got []interface {}',
      ],
      ['{{seq "a" 1}}', 'template: t:1:6: executing "t" at <"a">: expected integer; found "a"'],
      ["{{seq 1}}", 'template: t:1:2: executing "t" at <seq>: wrong number of args for seq: want 2 got 1'],
      ["{{seq 1 2.5}}", 'template: t:1:8: executing "t" at <2.5>: expected integer; found 2.5'],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });

  describe("numbers", () => {
    it.each([
      [
        "{{add 1 2}} {{sub 1 2}} {{mul 3 4}} {{div 7 2}} {{div -7 2}} {{mod 7 2}} {{mod -7 2}} {{mod 7 -2}}",
        "3 -1 12 3 -3 1 -1 1",
      ],
      [
        "{{add 9223372036854775807 1}} {{mul 4611686018427387904 2}} {{sub -9223372036854775808 1}} {{div -9223372036854775808 -1}}",
        "-9223372036854775808 -9223372036854775808 9223372036854775807 -9223372036854775808",
      ],
      ['{{add (len "abc") (atoi "4")}} {{5 | add 1}}', "7 6"],
      ['{{atoi "-12"}} {{atoi "+7"}} {{atoi "007"}} {{atoi "9223372036854775807"}}', "-12 7 7 9223372036854775807"],
      [
        '{{parseBool "1"}} {{parseBool "t"}} {{parseBool "TRUE"}} {{parseBool "True"}} {{parseBool "0"}} {{parseBool "f"}} {{parseBool "FALSE"}}',
        "true true true true false false false",
      ],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("numbers in wrong use", () => {
    it.each([
      [
        "{{div 1 0}}",
        'template: t:1:2: executing "t" at <div 1 0>: error calling div: runtime error: integer divide by zero',
      ],
      [
        "{{mod 1 0}}",
        'template: t:1:2: executing "t" at <mod 1 0>: error calling mod: runtime error: integer divide by zero',
      ],
      ["{{add 1 1.5}}", 'template: t:1:8: executing "t" at <1.5>: expected integer; found 1.5'],
      ['{{add 1 "2"}}', 'template: t:1:8: executing "t" at <"2">: expected integer; found "2"'],
      [
        '{{add (json (getv "/j")).n 1}}',
        'template: t:1:18: executing "t" at <"/j">: wrong type for value; expected int; got float64',
      ],
      ["{{add 1}}", 'template: t:1:2: executing "t" at <add>: wrong number of args for add: want 2 got 1'],
      [
        '{{atoi ""}}',
        'template: t:1:2: executing "t" at <atoi "">: error calling atoi: strconv.Atoi: parsing "": invalid syntax',
      ],
      [
        '{{atoi "x"}}',
        'template: t:1:2: executing "t" at <atoi "x">: error calling atoi: strconv.Atoi: parsing "x": invalid syntax',
      ],
      [
        '{{atoi " 1"}}',
        'template: t:1:2: executing "t" at <atoi " 1">: error calling atoi: strconv.Atoi: parsing " 1": invalid syntax',
      ],
      [
        '{{atoi "1_0"}}',
        'template: t:1:2: executing "t" at <atoi "1_0">: error calling atoi: strconv.Atoi: parsing "1_0": invalid syntax',
      ],
      [
        '{{atoi "0x1"}}',
        'template: t:1:2: executing "t" at <atoi "0x1">: error calling atoi: strconv.Atoi: parsing "0x1": invalid syntax',
      ],
      [
        '{{atoi "1.5"}}',
        'template: t:1:2: executing "t" at <atoi "1.5">: error calling atoi: strconv.Atoi: parsing "1.5": invalid syntax',
      ],
      [
        '{{atoi "9223372036854775808"}}',
        'template: t:1:2: executing "t" at <atoi "9223372036854775808">: error calling atoi: strconv.Atoi: parsing "9223372036854775808": value out of range',
      ],
      ["{{atoi 1}}", 'template: t:1:7: executing "t" at <1>: expected string; found 1'],
      [
        '{{parseBool "yes"}}',
        'template: t:1:2: executing "t" at <parseBool "yes">: error calling parseBool: strconv.ParseBool: parsing "yes": invalid syntax',
      ],
      [
        '{{parseBool "tRUE"}}',
        'template: t:1:2: executing "t" at <parseBool "tRUE">: error calling parseBool: strconv.ParseBool: parsing "tRUE": invalid syntax',
      ],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });
});
