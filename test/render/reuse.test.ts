import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { confdFunctions } from "../../src/render/functions/confd.ts";
import { func } from "../../src/render/gotemplate/func.ts";
import { parse } from "../../src/render/gotemplate/template.ts";
import { STRING } from "../../src/render/gotemplate/type.ts";
import type { Value } from "../../src/render/gotemplate/value.ts";
import { KeyReads } from "../../src/render/key-reads.ts";
import { Keys } from "../../src/render/keys.ts";
import { lookupsOf } from "./functions/rendering.ts";

/** A template that is rendered again and again over keys that change; it calls `seen` with what it really works at. */
function rendering(text: string, keys = new Keys()) {
  const seen: Value[] = [];
  const see = func([STRING], ([name = ""]) => {
    seen.push(name);
    return name;
  });
  keys.reads = new KeyReads();
  const functions = new Map([...confdFunctions({ keys, env: {}, lookups: lookupsOf() }), ["see", see] as const]);
  const template = parse("t", text, { functions });
  return {
    keys,
    /** What came out, and for which names work was done. */
    render(): { readonly text: string; readonly seen: readonly Value[] } {
      seen.length = 0;
      return { text: template.execute(undefined, {}, keys.reads ?? undefined).toString(), seen: [...seen] };
    },
  };
}

const DOMAINS = `{{range $d := lsdir "/web"}}[{{see $d}}{{range lsdir (printf "/web/%s" $d)}} {{.}}={{getv (printf "/web/%s/%s/ip" $d .)}}{{end}}]{{end}}`;

function twoDomains(text: string) {
  const all = rendering(text);
  for (const [domain, host] of ["a1", "a2", "b1"].map((name) => name.split("")))
    all.keys.set(`/web/${domain}/${host}/ip`, `10.0.0.${host}`);
  return all;
}

describe("a loop over folders", () => {
  it("works again only at the folder in which a key changed", () => {
    const { keys, render } = twoDomains(DOMAINS);
    expect(render()).toEqual({ text: "[a 1=10.0.0.1 2=10.0.0.2][b 1=10.0.0.1]", seen: ["a", "b"] });
    expect(render()).toEqual({ text: "[a 1=10.0.0.1 2=10.0.0.2][b 1=10.0.0.1]", seen: [] });
    keys.set("/web/b/1/ip", "10.9.9.9");
    expect(render()).toEqual({ text: "[a 1=10.0.0.1 2=10.0.0.2][b 1=10.9.9.9]", seen: ["b"] });
    keys.set("/web/a/3/ip", "10.0.0.3");
    expect(render().text).toBe("[a 1=10.0.0.1 2=10.0.0.2 3=10.0.0.3][b 1=10.9.9.9]");
    keys.delete("/web/a/1/ip");
    expect(render()).toEqual({ text: "[a 2=10.0.0.2 3=10.0.0.3][b 1=10.9.9.9]", seen: ["a"] });
    keys.delete("/web/b/1/ip");
    expect(render()).toEqual({ text: "[a 2=10.0.0.2 3=10.0.0.3]", seen: [] });
  });

  it("remembers what changed over an execution that failed", () => {
    const { keys, render } = twoDomains(`${DOMAINS}{{getv "/last"}}`);
    expect(() => render()).toThrow("key does not exist: /last");
    keys.set("/last", "!");
    expect(render().seen).toEqual(["a", "b"]);
    keys.set("/web/a/1/ip", "10.9.9.9");
    keys.delete("/last");
    expect(() => render()).toThrow("key does not exist: /last");
    keys.set("/last", "!");
    expect(render()).toEqual({ text: "[a 1=10.9.9.9 2=10.0.0.2][b 1=10.0.0.1]!", seen: ["a"] });
  });

  it("does all of it when more changed than is kept track of", () => {
    const { keys, render } = twoDomains(DOMAINS);
    render();
    for (let i = 0; i < 6000; i++) keys.set(`/other/${i}`, "x");
    expect(render().seen).toEqual(["a", "b"]);
    expect(render().seen).toEqual([]);
  });
});

describe("what else decides", () => {
  it.each([
    [
      "a variable outside",
      `{{$x := getv "/x"}}{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/none"}}{{end}}{{$x}}{{end}}`,
    ],
    ["a key elsewhere", `{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/none"}}{{end}}{{getv "/x"}}{{end}}`],
    ["a pattern", `{{range $d := lsdir "/web"}}{{see $d}}{{range gets "/*"}}{{.Value}}{{end}}{{end}}`],
    ["a listing", `{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/"}}{{getv (printf "/%s" .)}}{{end}}{{end}}`],
    [
      "a called template",
      `{{define "T"}}{{range ls "/none"}}{{end}}{{getv "/x"}}{{end}}{{range $d := lsdir "/web"}}{{see $d}}{{template "T"}}{{end}}`,
    ],
  ])("%s is heeded", (_, text) => {
    const { keys, render } = twoDomains(text);
    keys.set("/x", "1");
    const first = render().text;
    expect(first).toContain("1");
    expect(render()).toEqual({ text: first, seen: [] });
    keys.set("/x", "2");
    expect(render()).toEqual({ text: first.replaceAll("1", "2"), seen: ["a", "b"] });
  });

  it.each([
    [
      "a variable outside that is set",
      `{{$x := ""}}{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/none"}}{{end}}{{$x = $d}}{{end}}{{$x}}`,
    ],
    ["a list outside", `{{$all := ls "/web"}}{{range $d := lsdir "/web"}}{{see $d}}{{range $all}}{{.}}{{end}}{{end}}`],
    ["the time", `{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/none"}}{{end}}{{datetime.Year}}{{end}}`],
    ["a file", `{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/none"}}{{end}}{{fileExists "/"}}{{end}}`],
    ["a name", `{{range $d := lsdir "/web"}}{{see $d}}{{range lookupIP "127.0.0.1"}}{{.}}{{end}}{{end}}`],
  ])("%s keeps nothing", (_, text) => {
    const { render } = twoDomains(text);
    const first = render();
    expect(first.seen).toEqual(["a", "b"]);
    expect(render()).toEqual(first);
  });

  it("a loop that is left stays left", () => {
    const { keys, render } = twoDomains(
      `{{range $d := lsdir "/web"}}{{see $d}}{{range ls "/none"}}{{end}}{{if exists "/stop"}}!{{break}}{{end}}{{end}}`,
    );
    expect(render().text).toBe("ab");
    keys.set("/stop", "");
    expect(render().text).toBe("a!");
    expect(render()).toEqual({ text: "a!", seen: [] });
    keys.delete("/stop");
    expect(render().text).toBe("ab");
  });
});

const PART = fc.constantFrom("a", "b", "c");
const PATH = fc.array(PART, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const CHANGE = fc.record({ path: PATH, value: fc.option(fc.constantFrom("1", "2", "x/y", '{"a": "b"}')) });
const READ = fc.constantFrom(
  "{{range ls .}}{{.}},{{end}}",
  '{{range $k := lsdir .}}{{$k}}:{{getv (printf "/%s" $k) "-"}},{{end}}',
  '{{range gets "/a/*"}}{{.Key}}={{.Value}},{{end}}',
  '{{range getvs (printf "%s/*/*" .)}}{{.}},{{end}}',
  '{{if exists .}}{{getv .}}{{end}}{{range ls "/"}}{{.}}{{end}}',
  '{{$n := "0"}}{{range ls "/b"}}{{$n = .}}{{end}}{{$n}}',
  '{{range ls "/a/../b"}}{{.}}{{end}}',
  "{{range reverse (ls .)}}{{.}}{{end}}",
);
const LOOP = fc.constantFrom(
  '{{range $i, $x := ls "/a"}}{{with printf "/a/%s" $x}}BODY{{end}}{{end}}',
  '{{range gets "/*"}}{{with .Key}}BODY{{end}}{{end}}',
  '{{range $x := lsdir "/b"}}{{range lsdir (printf "/b/%s" $x)}}{{with printf "/b/%s/%s" $x .}}BODY{{end}}{{end}}{{end}}',
  '{{define "T"}}BODY{{end}}{{range lsdir "/a"}}{{template "T" (printf "/a/%s" .)}}{{end}}',
);

describe("whatever changes", () => {
  it("comes out as if all of it were rendered anew", () => {
    const templates = fc.tuple(LOOP, fc.array(READ, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(
        templates,
        fc.array(fc.array(CHANGE, { maxLength: 4 }), { maxLength: 8 }),
        ([loop, reads], rounds) => {
          const text = loop.replace("BODY", reads.join(";"));
          const { keys, render } = rendering(text);
          const all = new Map<string, string>();
          for (const changes of rounds) {
            for (const { path, value } of changes) {
              if (value === null) {
                keys.delete(path);
                all.delete(path);
              } else {
                keys.set(path, value);
                all.set(path, value);
              }
            }
            expect(render().text).toBe(rendering(text, new Keys(all)).render().text);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
