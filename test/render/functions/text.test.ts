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
describe("functions on text and paths", () => {
  describe("paths", () => {
    it.each([
      ['{{base "/a/b/"}} {{base "a"}} {{base ""}} {{base "///"}} {{base "/a"}}', "b a . / a"],
      [
        '{{dir "/a/b"}} {{dir "/a/b/"}} {{dir "a"}} {{dir ""}} {{dir "/"}} {{dir "/a/../b//c"}} {{dir "../.."}} {{dir "a/b/../c"}}',
        "/a /a/b . . / /b .. a",
      ],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("text", () => {
    it.each([
      ['{{toUpper "größe ñ ſ ı"}} {{toLower "İ ÉΣ ẞ"}}', "GRÖßE Ñ S I i éσ ß"],
      ['{{contains "abc" "b"}} {{contains "abc" ""}} {{contains "abc" "B"}}', "true true false"],
      [
        '{{replace "aaa" "a" "b" 2}} {{replace "aaa" "a" "b" -1}} {{replace "aaa" "a" "b" 0}} {{replace "aaa" "a" "" 9}}',
        "bba bbb aaa ",
      ],
      ['{{replace "aé" "" "-" -1}} {{replace "aé" "" "-" 2}} {{replace "" "" "x" -1}}', "-a-é- -a-é x"],
      ['{{trimSuffix "a.b." "."}} {{trimSuffix "abc" "x"}} {{trimSuffix "abc" ""}}', "a.b abc abc"],
      [
        '{{split "a,b,,c" "," | printf "%q"}} {{split "" "," | printf "%q"}} {{split "aé\\xff" "" | printf "%q"}} {{len (split "" "")}}',
        '["a" "b" "" "c"] [""] ["a" "é" "\\xff"] 0',
      ],
      ['{{join (split "a b" " ") "-"}} {{join (getvs "/none") ","}} {{join (split "" ",") ","}}', "a-b  "],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("wrong use", () => {
    it.each([
      [
        '{{join (jsonArray "[\\"a\\"]") ","}}',
        'template: t:1:18: executing "t" at <"[\\"a\\"]">: wrong type for value; expected []string; got []interface {}',
      ],
      ["{{toUpper 1}}", 'template: t:1:10: executing "t" at <1>: expected string; found 1'],
      ["{{base}}", 'template: t:1:2: executing "t" at <base>: wrong number of args for base: want 1 got 0'],
      [
        '{{replace "a" "b" "c"}}',
        'template: t:1:2: executing "t" at <replace>: wrong number of args for replace: want 4 got 3',
      ],
      ['{{replace "a" "b" "c" 1.5}}', 'template: t:1:22: executing "t" at <1.5>: expected integer; found 1.5'],
      ['{{split "a"}}', 'template: t:1:2: executing "t" at <split>: wrong number of args for split: want 2 got 1'],
      ['{{join "a" ","}}', 'template: t:1:7: executing "t" at <"a">: can\'t handle "a" for arg of type []string'],
      ['{{contains "a" nil}}', 'template: t:1:15: executing "t" at <nil>: cannot assign nil to string'],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });
});
