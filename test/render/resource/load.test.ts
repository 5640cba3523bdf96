import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadResources } from "../../../src/render/resource/load.ts";
import { DEFAULT_RULES } from "../../../src/render/resource/resource.ts";
import { scratch, write } from "../pipeline/rig.ts";

const load = (files: Readonly<Record<string, string>>, prefix = "") => {
  const confdir = scratch();
  write(confdir, files);
  return { confdir, resources: loadResources({ confdir, prefix, rules: DEFAULT_RULES }) ?? [] };
};
const one = (text: string, prefix = "") => {
  const [resource] = load({ "conf.d/a.toml": text }, prefix).resources;
  if (resource === undefined) throw new Error("nothing was loaded");
  return resource;
};

describe("conf.d", () => {
  it("is read with its folders in order of path, whatever ends in toml", () => {
    const text = '[template]\nsrc = "t"\n';
    const { confdir, resources } = load({
      "conf.d/b.toml": text,
      "conf.d/a/z.toml": text,
      "conf.d/3.nottoml": text,
      "conf.d/x.toml.bak": "not read",
      "conf.d/.hidden.toml": text,
    });
    expect(resources.map(({ file }) => file.slice(confdir.length))).toEqual([
      "/conf.d/.hidden.toml",
      "/conf.d/3.nottoml",
      "/conf.d/a/z.toml",
      "/conf.d/b.toml",
    ]);
  });

  it("without the directory there is nothing to load, without conf.d an error", () => {
    expect(loadResources({ confdir: `${scratch()}/none`, prefix: "", rules: DEFAULT_RULES })).toBeNull();
    const confdir = scratch();
    expect(() => loadResources({ confdir, prefix: "", rules: DEFAULT_RULES })).toThrow(
      `lstat ${confdir}/conf.d: no such file or directory`,
    );
  });

  it("is refused when it is no UTF-8", () => {
    const { confdir } = load({ "conf.d/a.toml": '[template]\nsrc = "t"\n' });
    writeFileSync(join(confdir, "conf.d/a.toml"), Buffer.from('[template]\nsrc = "\xe4"\n', "latin1"));
    expect(() => loadResources({ confdir, prefix: "", rules: DEFAULT_RULES })).toThrow(
      /^Cannot process template resource \S+a\.toml - invalid UTF-8$/,
    );
  });

  it.each([
    ["no src", "[template]\n", /^empty src template$/],
    ["no table", "", /^empty src template$/],
    ["an empty src", '[template]\nsrc = ""\n', /^empty src template$/],
    ["a TOML error", "[template]\nx = [\n", /^Cannot process template resource \S+a\.toml - line \d: [^\n]+$/],
    ["a number as mode", '[template]\nsrc = "t"\nmode = 644\n', /a\.toml - mode must be a string$/],
    ["a text as keys", '[template]\nsrc = "t"\nkeys = "/a"\n', /a\.toml - keys must be a list of strings$/],
    ["a number among keys", '[template]\nsrc = "t"\nkeys = [1]\n', /keys must be a list of strings$/],
    ["a text as uid", '[template]\nsrc = "t"\nuid = "root"\n', /uid must be a whole number$/],
    ["a template that is no table", 'template = "t"\n', /template must be a table$/],
    [
      "an unknown type",
      '[template]\nsrc = "t"\n[template.schema]\n"/a" = "porto"\n',
      /"\/a" is no "porto" \(allowed: /,
    ],
    ["a bad pattern", '[template]\nsrc = "t"\n[template.schema]\n"/[a" = "port"\n', /"\/\[a" is no pattern$/],
    ["a bad word for values", '[template]\nsrc = "t"\nvalues = "loose"\n', /values: "loose" is neither/],
    ["a bad duration", '[template]\nsrc = "t"\ndebounce = "5"\n', /debounce: "5" is no duration/],
    ["confirm without a socket", '[template]\nsrc = "t"\nconfirm = "socket"\n', /needs socket/],
    ["a bad share", '[template]\nsrc = "t"\nshrink_guard = "half"\n', /shrink_guard: "half" is no share/],
  ])("%s stops everything", (_, text, message) => {
    expect(() => load({ "conf.d/a.toml": text, "conf.d/b.toml": '[template]\nsrc = "t"\n' })).toThrow(message);
  });
});

describe("a resource", () => {
  it("says everything there is to say, in any case of letters, and unknown names are left alone", () => {
    const { confdir, resources } = load({
      "conf.d/a.toml": `
[Template]
Src = "sub/haproxy.cfg.tmpl"
DEST = "/etc/haproxy/haproxy.cfg"
Keys = ["/app", "other/"]
prefix = "production"
mode = "0640"
uid = 12
gid = 34
check_cmd = "haproxy -c -f {{.src}}"
reload_cmd = "systemctl reload haproxy"
owner = "haproxy"
values = "strict"
shrink_guard = { share = "50%", for = "1m30s" }
check_cmd_timeout = "5s"
reload_cmd_timeout = "6s"
debounce = "2s"
confirm = "socket"
socket = "/run/haproxy.sock"
[Template.schema]
"/app/*" = "host:port"
[somethingElse]
x = 1
`,
    });
    expect(resources[0]).toMatchObject({
      src: `${confdir}/templates/sub/haproxy.cfg.tmpl`,
      dest: "/etc/haproxy/haproxy.cfg",
      paths: ["/production/app", "/production/other"],
      prefix: "/production",
      mode: "0640",
      uid: 12,
      gid: 34,
      checkCmd: "haproxy -c -f {{.src}}",
      reloadCmd: "systemctl reload haproxy",
      rules: {
        values: "strict",
        shrinkGuard: { share: 0.5, forMs: 90_000 },
        checkTimeoutMs: 5000,
        reloadTimeoutMs: 6000,
        debounceMs: 2000,
        confirmSocket: "/run/haproxy.sock",
      },
      schema: [{ pattern: "/app/*", type: "host:port" }],
    });
  });

  it("has confd's defaults", () => {
    expect(one('[template]\nsrc = "t"\nuid = -1\n')).toMatchObject({
      dest: "",
      paths: [],
      prefix: "/",
      mode: "",
      uid: process.geteuid?.(),
      gid: process.getegid?.(),
      checkCmd: "",
      reloadCmd: "",
      rules: DEFAULT_RULES,
      schema: [],
    });
  });

  it.each([
    ["the prefix of the resource", "/p", "", "/p/app"],
    ["a global prefix in its place", "/p", "/global", "/global/app"],
    ["a global prefix without slash", "/p", "global", "/global/app"],
    ["neither", "", "", "/app"],
  ])("reads below %s", (_, own, global, path) => {
    const prefix = own === "" ? "" : `prefix = "${own}"\n`;
    expect(one(`[template]\nsrc = "t"\nkeys = ["/app"]\n${prefix}`, global).paths).toEqual([path]);
  });

  it.each([
    ["false", null],
    ['"off"', null],
    ["true", DEFAULT_RULES.shrinkGuard],
    ['"95%"', { share: 0.95, forMs: 600_000 }],
    ['{ for = "1h" }', { share: 0.8, forMs: 3_600_000 }],
  ])("shrink_guard = %s", (text, guard) => {
    expect(one(`[template]\nsrc = "t"\nshrink_guard = ${text}\n`).rules.shrinkGuard).toEqual(guard);
  });

  it("changes its digest with its text, its name and the prefix", () => {
    const text = '[template]\nsrc = "t"\n';
    const digests = [one(text), one(`${text}# more\n`), one(text, "/p")].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(3);
  });
});
