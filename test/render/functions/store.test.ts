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
describe("functions on keys", () => {
  describe("single keys", () => {
    it.each([
      [
        '{{getv "/a"}} {{getv "/none" "d"}} {{getv "/none" ""}} {{getv "/b/e/f" "d"}}|{{getv "/none" "x" "y"}}',
        "1 d  |x",
      ],
      [
        '{{get "/a"}} {{(get "/a").Key}} {{(get "/a").Value}} {{with get "/b/c"}}{{.Key}}={{.Value}}{{end}}',
        "{/a 1} /a 1 /b/c=x",
      ],
      [
        '{{exists "/a"}} {{exists "/b"}} {{exists "/b/"}} {{exists "/none"}} {{exists "a"}} {{exists "//a"}}',
        "true false false false false false",
      ],
      ['{{printf "%T %T %+v" (get "/a") (gets "/*") (get "/a")}}', "memkv.KVPair memkv.KVPairs {Key:/a Value:1}"],
      ['{{eq (get "/a") (get "/a")}} {{eq (get "/a") (get "/b/c")}}', "true false"],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("missing keys", () => {
    it.each([
      [
        '{{getv "/none"}}',
        'template: t:1:2: executing "t" at <getv "/none">: error calling getv: key does not exist: /none',
      ],
      ['{{getv "a"}}', 'template: t:1:2: executing "t" at <getv "a">: error calling getv: key does not exist: a'],
      ['{{getv "/b"}}', 'template: t:1:2: executing "t" at <getv "/b">: error calling getv: key does not exist: /b'],
      ['{{getv "/a/"}}', 'template: t:1:2: executing "t" at <getv "/a/">: error calling getv: key does not exist: /a/'],
      [
        '{{get "/none"}}',
        'template: t:1:2: executing "t" at <get "/none">: error calling get: key does not exist: /none',
      ],
      [
        '{{with get "/none"}}{{else}}x{{end}}',
        'template: t:1:7: executing "t" at <get "/none">: error calling get: key does not exist: /none',
      ],
      [
        '{{(get "/a").key}}',
        'template: t:1:7: executing "t" at <"/a">: can\'t evaluate field key in type memkv.KVPair',
      ],
      ["{{getv}}", 'template: t:1:2: executing "t" at <getv>: wrong number of args for getv: want at least 1 got 0'],
      ["{{getv 1}}", 'template: t:1:7: executing "t" at <1>: expected string; found 1'],
      ['{{getv "/none" 1}}', 'template: t:1:15: executing "t" at <1>: expected string; found 1'],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });

  describe("patterns", () => {
    it.each([
      ['{{range gets "/*"}}{{.Key}} {{end}}', "/a /host /j /é "],
      ['{{range gets "/b/*"}}{{.Key}}={{.Value}} {{end}}', "/b/c=x /b/d=y y "],
      ['{{gets "/*/*"}}', "[{/b-x/q -3} {/b/c x} {/b/d y y}]"],
      [
        '{{gets "/b/[cd]"}} {{gets "/b/[^c]"}} {{gets "/?"}} {{gets "/\\\\a"}}',
        '[{/b/c x} {/b/d y y}] [{/b/d y y}] [{/a 1} {/j {"s":"str","n":3306,"f":0.5,"b":true,"z":null,"l":[1,"a",null,{"k":"v"}]}} {/é größe}] [{/a 1}]',
      ],
      [
        '{{gets "/none/*"}} {{gets "/b"}} {{gets "*"}} {{gets ""}} {{gets "/**"}}',
        '[] [] [] [] [{/a 1} {/host Web-01.Example.COM.} {/j {"s":"str","n":3306,"f":0.5,"b":true,"z":null,"l":[1,"a",null,{"k":"v"}]}} {/é größe}]',
      ],
      [
        '{{getvs "/*"}} {{getvs "/b/*"}} {{getvs "/none*"}}',
        '[1 Web-01.Example.COM. größe {"s":"str","n":3306,"f":0.5,"b":true,"z":null,"l":[1,"a",null,{"k":"v"}]}] [x y y] []',
      ],
      ['{{gets "/b[^x]c"}} {{gets "/b[.-0]c"}} {{gets "/b\\\\/c"}}', "[{/b/c x}] [{/b/c x}] [{/b/c x}]"],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });

  describe("malformed patterns", () => {
    it.each([
      ['{{gets "["}}', 'template: t:1:2: executing "t" at <gets "[">: error calling gets: syntax error in pattern'],
      [
        '{{gets "/b/[]a]"}}',
        'template: t:1:2: executing "t" at <gets "/b/[]a]">: error calling gets: syntax error in pattern',
      ],
      [
        '{{gets "/b/[a-]"}}',
        'template: t:1:2: executing "t" at <gets "/b/[a-]">: error calling gets: syntax error in pattern',
      ],
      [
        '{{gets "\\\\"}}',
        'template: t:1:2: executing "t" at <gets "\\\\">: error calling gets: syntax error in pattern',
      ],
      [
        '{{getvs "/[x"}}',
        'template: t:1:2: executing "t" at <getvs "/[x">: error calling getvs: syntax error in pattern',
      ],
      [
        '{{gets "/none/[^"}}',
        'template: t:1:2: executing "t" at <gets "/none/[^">: error calling gets: syntax error in pattern',
      ],
    ])("%s fails", (template, message) => {
      expect(() => render(template, KEYS)).toThrowError(expect.objectContaining({ name: "TemplateError", message }));
    });
  });

  describe("listing", () => {
    it.each([
      [
        '{{ls "/b"}} {{ls "/b/"}} {{ls "/"}} {{ls "/a"}} {{ls "/none"}} {{ls ""}} {{ls "b"}} {{ls "/b/e"}}',
        "[c d e] [c d e] [a host j é] [a] [] [] [] [f]",
      ],
      [
        '{{lsdir "/b"}} {{lsdir "/b/"}} {{lsdir "/"}} {{lsdir "/a"}} {{lsdir "/none"}} {{lsdir ""}} {{lsdir "/b/e"}}',
        "[e] [e] [] [] [] [] []",
      ],
      [
        '{{ls "/b//"}} {{ls "//b"}} {{ls "/b/."}} {{ls "/x/../b"}} {{lsdir "/b//"}} {{lsdir "//b"}} {{lsdir "/b/."}}',
        "[b] [b] [b] [b] [] [] []",
      ],
    ])("%s", (template, expected) => {
      expect(render(template, KEYS)).toBe(expected);
    });
  });
});
