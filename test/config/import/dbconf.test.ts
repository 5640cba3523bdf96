import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type DbconfOptions, importDbconf, importDbconfText } from "../../../src/config/import/dbconf.ts";
import { readDbconf } from "../../../src/config/import/dbconf-file.ts";
import { loadObject, loadText } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { fakes } from "../fakes.ts";

const folder = mkdtempSync(join(tmpdir(), "checkd-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PASSWORD = 'p#a;s"s=w';
const DB_CONF = `# the old tool's file
[slave3301]
host = 10.0.21.5
port = 3301
user = monitor
password = ${PASSWORD}
database = test
default-character-set = utf8
something_else = kept quiet

[slave3302]
host = 10.0.21.9
port = 3302
user = monitor
`;
const path = join(folder, "db.conf");
writeFileSync(path, DB_CONF, { mode: 0o600 });

function imported(options: DbconfOptions) {
  const result = importDbconf(path, options);
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.imported;
}
const refused = (text: string, tags: DbconfOptions["tags"] = "all"): readonly string[] => {
  const result = importDbconfText(text, "db.conf", { tags });
  return "problems" in result ? result.problems.map(formatProblem) : [];
};
const section = (lines: string, name = "s1") => `[${name}]\nhost = h\nport = 3301\nuser = u\n${lines}\n`;

describe("import of db.conf", () => {
  it("makes a pool a tag that does what checkmysqlslave did", () => {
    expect(imported({ tags: ["slave3301"] }).config).toEqual({
      registries: { consul: { driver: "consul" } },
      pools: {
        slave3301: {
          check: {
            type: "mysql-replica",
            user: "monitor",
            password: `\${dbconf:${path}#slave3301}`,
            max_lag: "365d",
            every: "1s",
          },
          source: [
            { type: "mysql", primary: "10.0.21.5:3301" },
            { type: "registry", registry: "consul", path: "haproxy/mysqlslave/slave3301" },
          ],
          when_none_fit: "none",
          fallback: "primary",
          publish: { registry: "consul", layout: "current", key: "haproxy/mysqlslave/slave3301", proxyport: "+10050" },
        },
      },
    });
  });

  it("prints the same without a password, and loads with it", async () => {
    const { config, yaml } = imported({ tags: "all" });
    expect(parse(yaml)).toEqual(config);
    expect(yaml).not.toContain(PASSWORD);
    for (const loaded of [await loadText(yaml, "checkd.yaml", fakes, {}), await loadObject(config, path, fakes, {})]) {
      if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
      const [first, second] = loaded.settings.pools;
      const options = first?.checks[0]?.options as { password: { reveal(): string } };
      expect(options.password.reveal()).toBe(PASSWORD);
      expect(second?.checks[0]?.options).not.toHaveProperty("password");
      expect(first?.policy).toMatchObject({ whenNoneFit: "none", fallback: true });
      expect(first?.checks[0]?.policy.everyMs).toBe(1000);
      expect(first?.sources.map(({ kind }) => kind.name)).toEqual(["mysql", "registry"]);
      expect(first?.outlets.map(({ kind }) => kind.name)).toEqual(["publish-current"]);
    }
  });

  it("takes the old tool's flags", () => {
    const { config, yaml } = imported({
      tags: ["slave3302"],
      consul: { address: "consul.example:8500", token: "${env:CONSUL_HTTP_TOKEN}" },
      every: "3s",
      maxLag: "10s",
      discover: "processlist",
    });
    expect(config).toMatchObject({
      registries: { consul: { driver: "consul", address: "consul.example:8500", token: "${env:CONSUL_HTTP_TOKEN}" } },
      pools: { slave3302: { check: { every: "3s", max_lag: "10s" }, source: [{ discover: "processlist" }, {}] } },
    });
    expect(yaml).not.toContain("old tool wanted lag");
  });

  it("leaves other tags' slips alone when one is asked for", () => {
    const text = `${section("")}[s2]\nport = x\n`;
    expect(refused(text, ["s1"])).toEqual([]);
    expect(refused(text)).toHaveLength(3);
  });
});

describe("a value of db.conf", () => {
  it.each([
    ["password = a#b", "a#b"],
    ["password = a;b ", "a;b"],
    ["password=a = b", "a = b"],
    ["password = 'a b '", "a b "],
    ['password = "#;"', "#;"],
    ['password = a"b', 'a"b'],
    ["password = 'it''s'", "it''s"],
    ["password =", ""],
    ["# password = x", null],
    ["; password = x", null],
  ])("%s is %j", (line, password) => {
    expect(readDbconf(section(line), "db.conf").sections.get("s1")?.password).toBe(password);
  });

  it("is read behind a byte order mark and before CRLF", () => {
    const { sections, problems } = readDbconf(`\uFEFF${section("password = x").replaceAll("\n", "\r\n")}`, "db.conf");
    expect(problems).toEqual([]);
    expect(sections.get("s1")).toEqual({ host: "h", port: 3301, user: "u", password: "x" });
  });
});

describe("a db.conf with slips", () => {
  it.each<[string, string, DbconfOptions["tags"], readonly string[]]>([
    ["a missing section", section(""), ["s2"], ['db.conf: there is no section [s2] (did you mean "s1"?)']],
    ["a tag with a slash", section(""), ["a/b"], ["db.conf: there is no section [a/b] (allowed: s1)"]],
    [
      "a section with a slash",
      section("", "a/b"),
      "all",
      ['db.conf:1:1: a/b: "a/b" is no tag (no blank, slash, # or } in it)'],
    ],
    [
      "a section with a blank",
      section("", "a b"),
      ["a b"],
      ['db.conf:1:1: a b: "a b" is no tag (no blank, slash, # or } in it)'],
    ],
    ["a missing host", "[s1]\nport = 1\nuser = u\n", "all", ["db.conf:1:1: s1.host: is missing"]],
    [
      "a misspelt host",
      "[s1]\nhots = x\nport = 1\nuser = u\n",
      "all",
      ['db.conf:1:1: s1.host: is missing (there is "hots")'],
    ],
    [
      "a port that is no number",
      "[s1]\nhost = h\nport = 33o1\nuser = u\n",
      "all",
      ['db.conf:3:1: s1.port: "33o1" is no port (a number from 1 to 65535)'],
    ],
    [
      "a comment behind a value",
      "[s1]\nhost = h\nport = 1 # x\nuser = u\n",
      "all",
      ['db.conf:3:1: s1.port: "1 # x" is no port (a comment stands on a line of its own)'],
    ],
    [
      "a section twice",
      section("") + section(""),
      "all",
      ["db.conf:6:1: s1: section [s1] stands twice (the first is in line 1)"],
    ],
    ["a key twice", section("user = v"), "all", ["db.conf:5:1: s1.user: stands twice (the first is in line 4)"]],
    ["an open quote", section("password = 'x"), "all", ["db.conf:5:1: s1.password: the quote is not closed"]],
    [
      "an open section",
      "[s1\nhost = h\n",
      "all",
      [
        "db.conf:1:1: a section is not closed (write [slave3301])",
        'db.conf:2:1: "host" stands before the first section (write [slave3301] above it)',
      ],
    ],
    [
      "a line that is nothing",
      section("secret-words"),
      "all",
      ["db.conf:5:1: s1: this line is neither [section] nor key = value"],
    ],
    ["nothing at all", "", "all", ["db.conf: has no section (write [slave3301] with host, port, user and password)"]],
  ])("%s is refused in words", (_why, text, tags, problems) => {
    expect(refused(text, tags)).toEqual(problems);
  });

  it("never shows a password", () => {
    expect(refused(`[s1]\nhost = h\nuser = u\npassword = 'hunter2\npasswort hunter2\n`).join()).not.toContain(
      "hunter2",
    );
  });

  it("that is not there says so", () => {
    const result = importDbconf(join(folder, "none.conf"), { tags: "all" });
    expect("problems" in result && result.problems[0]?.problem).toMatch(/^cannot be read: ENOENT/);
  });
});
