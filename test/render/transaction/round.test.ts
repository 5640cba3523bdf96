import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rigOf } from "../pipeline/rig.ts";

const TEMPLATE = '{{range gets "/app/*"}}server {{base .Key}} {{.Value}}\n{{end}}';
const KEYS = { "/app/a": "10.0.0.1:80", "/app/b": "10.0.0.2:80" };
const FIRST = "server a 10.0.0.1:80\nserver b 10.0.0.2:80\n";
const MORE = { ...KEYS, "/app/c": "10.0.0.3:80" };
const SECOND = `${FIRST}server c 10.0.0.3:80\n`;

const resource = (more = "", dest = "haproxy.cfg"): string =>
  `[template]\nsrc = "t.tmpl"\ndest = "{dir}/${dest}"\nkeys = ["/app"]\n${more}\n`;

const rigWith = (more = "", keys: Readonly<Record<string, string>> = KEYS) =>
  rigOf({ "conf.d/a.toml": resource(more), "templates/t.tmpl": TEMPLATE }, keys);

type Rig = ReturnType<typeof rigOf>;
const read = (rig: Rig, name = "haproxy.cfg"): string => readFileSync(join(rig.dir, name), "utf8");
const LEFT = ["conf.d", "haproxy.cfg", "templates"];

describe("a file that is rendered", () => {
  it("is made with 0644, then in sync, then replaced, in confd's words", async () => {
    const rig = rigWith();
    const dest = join(rig.dir, "haproxy.cfg");
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig)).toBe(FIRST);
    expect(statSync(dest).mode & 0o777).toBe(0o644);
    expect(rig.log.filter((line) => !line.startsWith("DEBUG"))).toEqual([
      `INFO Target config ${dest} out of sync`,
      `INFO Target config ${dest} has been updated`,
    ]);
    expect(await rig.round()).toEqual([{ kind: "in sync" }]);
    expect(rig.log.at(-1)).toBe(`DEBUG Target config ${dest} in sync`);
    rig.keys = MORE;
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(rig.log).toContainEqual(
      expect.stringMatching(/^INFO \S+haproxy\.cfg has md5sum [0-9a-f]{32} should be [0-9a-f]{32}$/),
    );
    expect(read(rig)).toBe(SECOND);
    expect(rig.names()).toEqual(LEFT);
  });

  it("keeps the mode it has, and gets the one that is configured whatever the umask", async () => {
    const rig = rigWith();
    const dest = join(rig.dir, "haproxy.cfg");
    writeFileSync(dest, "old");
    chmodSync(dest, 0o600);
    await rig.round();
    expect(statSync(dest).mode & 0o777).toBe(0o600);
    const old = process.umask(0o077);
    try {
      writeFileSync(join(rig.dir, "conf.d/a.toml"), resource('mode = "0666"').replace("{dir}", rig.dir));
      rig.restart();
      expect(await rig.round()).toEqual([{ kind: "updated" }]);
    } finally {
      process.umask(old);
    }
    expect(rig.log).toContain(`INFO ${dest} has mode -rw------- should be -rw-rw-rw-`);
    expect(statSync(dest).mode & 0o777).toBe(0o666);
  });

  it("takes the place of a symbolic link, as with confd", async () => {
    const rig = rigWith();
    writeFileSync(join(rig.dir, "real.cfg"), "elsewhere");
    symlinkSync("real.cfg", join(rig.dir, "haproxy.cfg"));
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig)).toBe(FIRST);
    expect(read(rig, "real.cfg")).toBe("elsewhere");
  });

  it.each([
    ["its folder is missing", resource("", "none/haproxy.cfg"), "ENOENT"],
    ["it has no dest", '[template]\nsrc = "t.tmpl"\n', "has no dest"],
    ["the mode is no number", resource('mode = "abc"'), 'strconv.ParseUint: parsing "abc": invalid syntax'],
    ["there is no template", resource().replace("t.tmpl", "none.tmpl"), "Missing template: "],
  ])("fails when %s", async (_, toml, message) => {
    const rig = rigOf({ "conf.d/a.toml": toml, "templates/t.tmpl": TEMPLATE }, KEYS);
    const [outcome] = await rig.round();
    expect(outcome).toMatchObject({ kind: "failed", error: { message: expect.stringContaining(message) } });
    expect(rig.log.at(-1)).toContain(`ERROR ${outcome?.kind === "failed" ? outcome.error.message : ""}`);
  });

  it("stays when the registry is away, and when the template fails", async () => {
    const rig = rigWith();
    await rig.round();
    rig.broken = new Error("consul at http://127.0.0.1:1: connect ECONNREFUSED");
    expect(await rig.round()).toMatchObject([{ kind: "failed", error: rig.broken }]);
    expect(rig.log.at(-1)).toBe(`ERROR ${rig.broken.message}`);
    rig.broken = null;
    writeFileSync(join(rig.dir, "templates/t.tmpl"), 'x\n{{getv "/app/none"}}');
    expect(await rig.round()).toMatchObject([{ kind: "failed" }]);
    expect(rig.log.at(-1)).toContain("template: t.tmpl:2:2: executing");
    writeFileSync(join(rig.dir, "templates/t.tmpl"), "{{range}}");
    expect(await rig.round()).toMatchObject([{ kind: "failed" }]);
    expect(rig.log.at(-1)).toContain(
      `ERROR Unable to process template ${rig.dir}/templates/t.tmpl, template: t.tmpl:1`,
    );
    expect(read(rig)).toBe(FIRST);
    expect(rig.names()).toEqual(LEFT);
  });

  it("follows its template when that changes", async () => {
    const rig = rigWith();
    await rig.round();
    writeFileSync(join(rig.dir, "templates/t.tmpl"), `# new\n${TEMPLATE}`);
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig)).toBe(`# new\n${FIRST}`);
  });

  it("is not written over a directory, and that is said", async () => {
    const rig = rigWith();
    mkdirSync(join(rig.dir, "haproxy.cfg"));
    expect(await rig.round()).toMatchObject([
      { kind: "failed", error: { message: `${rig.dir}/haproxy.cfg is a directory` } },
    ]);
  });

  it("of bytes that are no UTF-8 gets them, from the template and from values", async () => {
    const rig = rigWith("", { "/app/a": "gr\udcf6\udcdfe" });
    writeFileSync(
      join(rig.dir, "templates/t.tmpl"),
      Buffer.from('\xff {{getv "/app/a"}} {{len (getv "/app/a")}}', "latin1"),
    );
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(readFileSync(join(rig.dir, "haproxy.cfg")).toString("latin1")).toBe("\xff gr\xf6\xdfe 5");
  });

  it("does not stop others when it fails", async () => {
    const rig = rigOf(
      {
        "conf.d/1.toml": resource("", "none/x.cfg"),
        "conf.d/2.toml": resource(),
        "conf.d/3.toml": resource("", "three.cfg").replace("t.tmpl", "none.tmpl"),
        "templates/t.tmpl": TEMPLATE,
      },
      KEYS,
    );
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed", "updated", "failed"]);
  });
});

describe("noop", () => {
  it("changes nothing, and shows what would change", async () => {
    const rig = rigWith('reload_cmd = "touch {dir}/reloaded"');
    const dest = join(rig.dir, "haproxy.cfg");
    writeFileSync(dest, "server a 10.0.0.1:80\nserver old 10.0.0.9:80\n");
    expect(await rig.round({ noop: true })).toEqual([{ kind: "not modified" }]);
    expect(rig.log).toContain(`WARNING Noop mode enabled. ${dest} will not be modified`);
    expect(rig.shown).toEqual([
      `--- ${dest}\n+++ ${dest} (new)\n@@ -1,2 +1,2 @@\n server a 10.0.0.1:80\n-server old 10.0.0.9:80\n+server b 10.0.0.2:80\n`,
    ]);
    expect(read(rig)).toContain("old");
    expect(rig.names()).toEqual(LEFT);
  });
});

describe("the stage file", () => {
  it("stays with -keep-stage-file when nothing is replaced", async () => {
    const rig = rigWith();
    await rig.round();
    await rig.round({ keepStageFile: true });
    const [stage = ""] = rig.names().filter((name) => /^\.haproxy\.cfg\d+$/.test(name));
    expect(rig.log).toContain(`INFO Keeping staged file: ${rig.dir}/${stage}`);
    expect(read(rig, stage)).toBe(FIRST);
  });

  it("is what the check sees, as {{.src}}; nothing else is known to the template", async () => {
    const rig = rigWith(
      "check_cmd = \"cp {{.src}} {dir}/checked; echo '{{.dest}}' > {dir}/said; ls -A {dir} > {dir}/ls\"",
    );
    await rig.round();
    expect(read(rig, "checked")).toBe(FIRST);
    expect(read(rig, "said")).toBe("<no value>\n");
    expect(read(rig, "ls")).toMatch(/^\.haproxy\.cfg\d+$/m);
  });
});

describe("check_cmd", () => {
  it("that fails leaves the old file, in confd's words, and the next round tries again", async () => {
    const rig = rigWith(`check_cmd = '''echo 'bad "line"' >&2; exit 3'''\nreload_cmd = "touch {dir}/reloaded"`);
    writeFileSync(join(rig.dir, "haproxy.cfg"), "old");
    expect(await rig.round()).toMatchObject([
      { kind: "failed", error: { message: "Config check failed: exit status 3" } },
    ]);
    expect(rig.log.slice(-2)).toEqual(['ERROR "bad \\"line\\"\\n"', "ERROR Config check failed: exit status 3"]);
    expect(read(rig)).toBe("old");
    expect(rig.names()).toEqual(LEFT);
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
  });

  it("is not run with -sync-only, nor is reload_cmd", async () => {
    const rig = rigWith('check_cmd = "false"\nreload_cmd = "touch {dir}/reloaded"');
    expect(await rig.round({ syncOnly: true })).toEqual([{ kind: "updated" }]);
    expect(rig.names()).toEqual(LEFT);
  });

  it("is ended with all it has started when its time is up", async () => {
    const rig = rigWith(
      'check_cmd = "(sleep 1; touch {dir}/late) & echo begun; sleep 30"\ncheck_cmd_timeout = "200ms"',
    );
    const begun = performance.now();
    expect(await rig.round()).toMatchObject([
      { kind: "failed", error: { message: expect.stringContaining("no end within 200ms") } },
    ]);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(rig.log).toContain('ERROR "begun\\n"');
    await new Promise((done) => setTimeout(done, 1200));
    expect(existsSync(join(rig.dir, "late"))).toBe(false);
  });

  it("is killed when it does not hear TERM", async () => {
    const rig = rigWith('check_cmd = "trap \'\' TERM; while :; do sleep 0.1; done"\ncheck_cmd_timeout = "100ms"');
    expect(await rig.round()).toMatchObject([{ kind: "failed" }]);
  });

  it("does not see a flood of output stop it", async () => {
    const rig = rigWith("check_cmd = \"head -c 3000000 /dev/zero | tr '\\\\0' x; exit 1\"");
    await rig.round();
    expect(rig.log.at(-2)?.length).toBeLessThan(70_000);
  });
});

describe("reload_cmd", () => {
  it("goes to the shell as it is, once the new file is in place", async () => {
    const rig = rigWith("reload_cmd = \"cat {dir}/haproxy.cfg > {dir}/seen; echo '{{.src}}' >> {dir}/seen\"");
    await rig.round();
    expect(read(rig, "seen")).toBe(`${FIRST}{{.src}}\n`);
  });

  it("does not wait for a daemon that it leaves behind", async () => {
    const rig = rigWith('reload_cmd = "sleep 3 & echo started"');
    const begun = performance.now();
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(rig.log).toContain('DEBUG "started\\n"');
  });

  it("that fails brings the previous file back and reloads it; the new one is tried again", async () => {
    const rig = rigWith('reload_cmd = "cat {dir}/haproxy.cfg >> {dir}/reloads; test ! -e {dir}/broken"');
    await rig.round();
    rig.keys = MORE;
    writeFileSync(join(rig.dir, "broken"), "");
    expect(await rig.round()).toMatchObject([
      { kind: "failed", error: { message: "Config reload failed: exit status 1" } },
    ]);
    expect(read(rig)).toBe(FIRST);
    expect(read(rig, "reloads")).toBe(FIRST + SECOND + FIRST);
    expect(rig.log).toContain(`WARNING ${rig.dir}/haproxy.cfg: the previous file is back in place and is reloaded`);
    expect(rig.log).toContain("ERROR The reload of the previous file failed too: exit status 1");
  });

  it("that fails on a disk which takes no note of it is a failure of that resource, and no more", async () => {
    const rig = rigWith(
      'reload_cmd = "test ! -e {dir}/broken || { mkdir {dir}/.haproxy.cfg.checkd-reload.new; false; }"',
    );
    await rig.round();
    rig.keys = MORE;
    writeFileSync(join(rig.dir, "broken"), "");
    expect(await rig.round()).toMatchObject([
      { kind: "failed", error: { message: "Config reload failed: exit status 1" } },
    ]);
    expect(rig.log).toContainEqual(
      expect.stringMatching(/^ERROR \S+haproxy\.cfg: the previous file cannot be brought back: EISDIR/),
    );
    expect(await rig.round()).toMatchObject([{ kind: "failed" }]);
  });

  it("that holds on such a disk has held", async () => {
    const rig = rigWith('reload_cmd = "mkdir {dir}/.haproxy.cfg.checkd-reload.new"');
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(rig.log).toContainEqual(
      expect.stringMatching(/^WARNING \S+haproxy\.cfg is reloaded, which cannot be written down: /),
    );
    expect(read(rig)).toBe(FIRST);
  });

  it("is tried again until it holds, also when nothing else changes", async () => {
    const rig = rigWith('reload_cmd = "echo x >> {dir}/reloads; test ! -e {dir}/broken"');
    await rig.round();
    rig.keys = MORE;
    writeFileSync(join(rig.dir, "broken"), "");
    await rig.round();
    expect(read(rig)).toBe(FIRST);
    const { length } = read(rig, "reloads");
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
    expect(read(rig, "reloads").length).toBeGreaterThan(length);
    expect(read(rig)).toBe(FIRST);
    await import("node:fs/promises").then(({ rm }) => rm(join(rig.dir, "broken")));
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig)).toBe(SECOND);
    expect(rig.names()).toEqual([...LEFT.slice(0, 2), "reloads", "templates"]);
  });

  it("brings back owner, mode and the very link that was there", async () => {
    const rig = rigWith('mode = "0600"\nreload_cmd = "false"');
    writeFileSync(join(rig.dir, "real.cfg"), "elsewhere", { mode: 0o640 });
    symlinkSync("real.cfg", join(rig.dir, "haproxy.cfg"));
    await rig.round();
    expect(read(rig)).toBe("elsewhere");
    expect(statSync(join(rig.dir, "haproxy.cfg")).mode & 0o777).toBe(0o640);
  });

  it("leaves a first file in place when there is none to go back to, and is owed until it holds", async () => {
    const rig = rigWith('reload_cmd = "test -e {dir}/ready"');
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
    expect(read(rig)).toBe(FIRST);
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
    writeFileSync(join(rig.dir, "ready"), "");
    expect(await rig.round()).toEqual([{ kind: "in sync" }]);
    expect(rig.names().filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("that several resources share is run once, after all checks and with all files in place", async () => {
    const reload = 'reload_cmd = "cat {dir}/*.cfg | wc -l >> {dir}/reloads"';
    const check = 'check_cmd = "ls {dir} | grep -c cfg >> {dir}/checks; true"';
    const rig = rigOf(
      {
        "conf.d/1.toml": resource(`${check}\n${reload}`, "one.cfg"),
        "conf.d/2.toml": resource(`${check}\n${reload}`, "two.cfg"),
        "conf.d/3.toml": resource('reload_cmd = "echo other >> {dir}/others"', "three.conf"),
        "templates/t.tmpl": TEMPLATE,
      },
      KEYS,
    );
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["updated", "updated", "updated"]);
    expect(read(rig, "reloads").trim()).toBe("4");
    expect(read(rig, "checks")).toBe("0\n"); // the same command for both: one run
    expect(read(rig, "others")).toBe("other\n");
  });

  it("that fails brings all files back that share it; one that fails its check is not among them", async () => {
    const reload = 'reload_cmd = "test ! -e {dir}/broken"';
    const rig = rigOf(
      {
        "conf.d/1.toml": resource(reload, "one.cfg"),
        "conf.d/2.toml": resource(reload, "two.cfg"),
        "conf.d/3.toml": resource(`${reload}\ncheck_cmd = "test ! -e {dir}/broken"`, "three.cfg"),
        "templates/t.tmpl": TEMPLATE,
      },
      KEYS,
    );
    await rig.round();
    writeFileSync(join(rig.dir, "broken"), "");
    rig.keys = MORE;
    expect((await rig.round()).map((each) => (each.kind === "failed" ? each.error.message : each.kind))).toEqual([
      "Config reload failed: exit status 1",
      "Config reload failed: exit status 1",
      "Config check failed: exit status 1",
    ]);
    expect(["one.cfg", "two.cfg", "three.cfg"].map((name) => read(rig, name))).toEqual([FIRST, FIRST, FIRST]);
  });
});
