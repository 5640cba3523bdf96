import { describe, expect, it } from "vitest";
import { DATA, execute } from "./executing.ts";

// Recorded from Go's text/template.
describe("built-in functions", () => {
  describe("index, slice, len", () => {
    it.each([
      ['{{index .words 1}} {{index .map "b"}} {{index .map "a" "c"}} {{index .list 3 "k"}}', "a 1 deep v"],
      ['{{index "abc" 1}} {{index .map "none"}} {{index .words}}', "98 <no value> [b a c]"],
      [
        '{{slice "abcdef" 1 3}} {{slice "abc" 1}} {{slice "abc"}} {{slice .words 1}} {{slice .words 0 2}} {{slice .words 0 1 2}}',
        "bc bc abc [a c] [b a] [b]",
      ],
      ['{{len "größe"}} {{len .words}} {{len .map}} {{len ""}} {{len .empty}}', "7 3 2 0 0"],
      ['{{slice "é" 0 1 | printf "%q"}}{{print (slice "é" 0 1) (slice "é" 1)}}', '"\\xc3"é'],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("comparisons", () => {
    it.each([
      [
        '{{eq 1 1}} {{eq 1 2}} {{eq 1 2 3 1}} {{eq "a" "a"}} {{eq true true}} {{eq 1.5 1.5}}',
        "true false true true true true",
      ],
      ['{{ne 1 2}} {{ne "a" "a"}}', "true false"],
      ['{{lt 1 2}} {{le 2 2}} {{gt 2 1}} {{ge 1 2}} {{lt 1.5 2.5}} {{lt "a" "b"}}', "true true true false true true"],
      ['{{lt "B" "a"}} {{lt "\\uFFFD" "\\U0001F680"}}', "true true"],
      [
        '{{eq (index "a" 0) 97}} {{eq (index "a" 0) \'a\'}} {{lt -1 (index "a" 0)}} {{gt (index "a" 0) -1}}',
        "true true true true",
      ],
      [
        "{{eq .missing nil}} {{eq nil .z}} {{eq 1 nil}} {{eq nil 1}} {{eq .missing 1}} {{ne .s nil}}",
        "true true false false false true",
      ],
      ["{{eq 1i 1i}} {{eq .n 3306.0}}", "true true"],
      ['{{not true}} {{not ""}} {{not 0}} {{not .map}} {{not nil}}', "false true true false true"],
      ['{{eq 1 1 "a"}}', "true"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("escaping", () => {
    it.each([
      ['{{html "<a href=\'x\'>&\\"\\x00"}}', "&lt;a href=&#39;x&#39;&gt;&amp;&#34;�"],
      ['{{js "<a>\'\\"\\\\=&é\\n\\u2028"}}', "\\u003Ca\\u003E\\'\\\"\\\\\\u003D\\u0026é\\u000A\\u2028"],
      ['{{urlquery "a b&c=é/~-_."}}', "a+b%26c%3D%C3%A9%2F~-_."],
      [
        "{{html 1 2 nil .missing}} {{js 1 true}} {{urlquery .map}}",
        "1 2&lt;no value&gt;&lt;no value&gt; 1 true map%5Ba%3Amap%5Bc%3Adeep%5D+b%3A1%5D",
      ],
      ["{{.s | html | js | urlquery}}", "text"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });
});
