import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { checkers } from "../../../checks/index.ts";
import { sources } from "../../../checks/sources/index.ts";
import { importProxyzoo } from "../../../src/config/import/proxyzoo.ts";
import { loadText } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { outlets } from "../../../src/outlets/index.ts";
import { registries } from "../../../src/registry/index.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/proxyzoo/${name}`, import.meta.url));
const plugins = { checkers, sources, outlets, registries };

const home = mkdtempSync(join(tmpdir(), "checkd-"));
mkdirSync(join(home, "etc"));
copyFileSync(fixture("haproxy.web.conf.template"), join(home, "etc/haproxy.web.conf.template"));
afterAll(() => rmSync(home, { recursive: true }));

function imported(file: string) {
  const result = importProxyzoo(file, { HOME: home });
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.imported;
}
const put = (value: unknown): string => {
  const file = join(home, "other.json");
  writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
  return file;
};
const refused = (value: unknown): readonly string[] => {
  const result = importProxyzoo(put(value), { HOME: home });
  return "problems" in result ? result.problems.map((each) => `${each.path}: ${each.problem}`) : [];
};

const minimal = {
  "zk.addr": "10.0.0.1:2181",
  "zk.path": "/apps/${group}",
  groups: { app: {} },
  conf_file: "/etc/h.cfg",
  socket_files: ["/run/h.sock"],
  listener_port: 80,
  admin_port: 81,
};
const withGroup = (group: object) => imported(put({ one: { ...minimal, groups: { app: group } } })).config;

describe("import of proxyzoo's web.config.json", () => {
  const { config, yaml, files } = imported(fixture("web.config.json"));

  it("makes one pool for each application, with its path, check, timing and slots", () => {
    expect(config.pools).toEqual({
      "web-ngboss": {
        group: "ngboss",
        source: { type: "registry", registry: "zk-ngboss", path: "/wade-web/web-ngboss/instances" },
        check: { type: "http-content", path: "/probe.jsp", status: ["200-399"] },
        every: "2000ms",
        rise: 1,
        fall: 2,
        runtime: {
          sockets: [`${home}/logs/haproxy.web.ngboss.socket1`],
          backend: "web-ngboss",
          slots: "web-ngboss1..10",
        },
      },
      "web-basecentre": {
        group: "ngboss",
        source: { type: "registry", registry: "zk-ngboss", path: "/other/web-basecentre/instances" },
        check: { type: "http-content", path: "/basecentre/probe.jsp", status: ["200-399"] },
        every: "3000ms",
        rise: 1,
        fall: 2,
        runtime: {
          sockets: [`${home}/logs/haproxy.web.ngboss.socket1`],
          backend: "web-basecentre",
          slots: "web-basecentre1..20",
        },
      },
      "ecbusi.web-basecentre": {
        group: "ecbusi",
        source: { type: "registry", registry: "zk-ecbusi", path: "/ec/web-basecentre" },
        check: { type: "tcp" },
        every: "2000ms",
        rise: 1,
        fall: 2,
        runtime: { sockets: [`${home}/logs/ecbusi.socket`], backend: "web-basecentre", slots: "web-basecentre1..10" },
      },
    });
  });

  it("makes a registry, a rendered file and a HAProxy for each instance", () => {
    expect(config.registries).toEqual({
      "zk-ngboss": { driver: "zookeeper", address: "10.238.99.212:21810,10.238.99.213:21810" },
      "zk-ecbusi": { driver: "zookeeper", address: "10.238.99.214:21810" },
    });
    expect(config.haproxy).toEqual([
      {
        exec: `${home}/sbin/haproxy`,
        conf_file: `${home}/etc/haproxy.web.ngboss.conf`,
        pid_file: `${home}/logs/haproxy.web.ngboss.pid`,
        mode: "daemon",
      },
      {
        exec: "haproxy",
        conf_file: `${home}/etc/haproxy.ecbusi.conf`,
        pid_file: `${home}/etc/haproxy.pid`,
        mode: "daemon",
      },
    ]);
    expect([...files.keys()].sort()).toEqual([
      "confd/conf.d/ecbusi.toml",
      "confd/conf.d/ngboss.toml",
      "confd/templates/ecbusi.cfg.tmpl",
      "confd/templates/ngboss.cfg.tmpl",
    ]);
    expect(files.get("confd/conf.d/ngboss.toml")).toBe(
      [
        "[template]",
        'src = "ngboss.cfg.tmpl"',
        `dest = "${home}/etc/haproxy.web.ngboss.conf"`,
        "keys = []",
        `check_cmd = "${home}/sbin/haproxy -c -q -f {{.src}}"`,
        "",
      ].join("\n"),
    );
  });

  it("fills proxyzoo's template in: every word of it, one process, all sockets", () => {
    const text = files.get("confd/templates/ngboss.cfg.tmpl") ?? "";
    expect(text).toBe(readFileSync(fixture("expected.cfg"), "utf8").replaceAll("@HOME@", home));
    expect(text).not.toMatch(/\$[a-z{]/);
  });

  it("is a configuration that loads, with what an operator must know as comments", async () => {
    const loaded = await loadText(yaml, join(home, "checkd.yaml"), plugins, {});
    if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    expect(loaded.settings.pools.map(({ name }) => name)).toEqual([
      "web-ngboss",
      "web-basecentre",
      "ecbusi.web-basecentre",
    ]);
    expect(yaml).toContain("# One process answers on all 2 sockets: the first is enough.");
    expect(yaml).toContain(
      "# Backend web-basecentre of ecbusi: the name was taken. /ecbusi/web-basecentre answers for it.",
    );
    expect(yaml).toContain("# The query interface: curl http://127.0.0.1:21000/");
  });

  it("stands in with a template of ours when theirs cannot be read", () => {
    const text = imported(put({ one: { ...minimal, template: "${HOME}/nothing" } })).files.get(
      "confd/templates/one.cfg.tmpl",
    );
    expect(text).toContain(`# The template ${home}/nothing could not be read`);
    expect(text).toContain("bind            *:80");
  });

  it("keeps braces of HAProxy's own and doubled dollars", () => {
    writeFileSync(join(home, "t"), 'a {{ b }} $$HOME $unknown ${listener_port} "$PATH"\n');
    const { files: made } = imported(put({ one: { ...minimal, template: "${HOME}/t" } }));
    expect(made.get("confd/templates/one.cfg.tmpl")).toBe('a {{"{{"}} b }} $HOME $unknown 80 "$PATH"\n');
  });

  it.each([
    ["no httpchk", {}, { type: "tcp" }],
    ["a path alone", { httpchk: "/up" }, { type: "http-content", method: "OPTIONS", path: "/up", status: ["200-399"] }],
    [
      "method, version and host",
      { httpchk: "HEAD /up HTTP/1.1\\r\\nHost:\\ www.example.com" },
      { type: "http-content", method: "HEAD", path: "/up", status: ["200-399"], host: "www.example.com" },
    ],
  ])("reads httpchk: %s", (_, group, check) => {
    expect(withGroup(group).pools).toMatchObject({ app: { check } });
  });

  it.each([
    [
      "a bare line",
      "${group_name} 1-${max_server} ${ip_port} disabled",
      { every: "2000ms", rise: 2, fall: 3 },
      "app1..10",
    ],
    [
      "another prefix and range",
      "srv 5-9 0.0.0.0:0 check inter 500ms rise 3 fall 4",
      { every: "500ms", rise: 3, fall: 4 },
      "srv5..9",
    ],
    ["a count", "srv 7 0.0.0.0:0 check inter 1m", { every: "60000ms" }, "srv1..7"],
  ])("reads server-template: %s", (_, template, timing, slots) => {
    expect(withGroup({ "server-template": template }).pools).toMatchObject({ app: { ...timing, runtime: { slots } } });
  });

  it.each([
    ["no JSON", "{", [": cannot be read"]],
    ["nothing", {}, [": has no instance"]],
    ["an unknown key", { one: { ...minimal, zk: 1 } }, ["one: "]],
    ["no address", { one: { ...minimal, "zk.addr": undefined } }, ["one.zk.addr: "]],
    ["no path", { one: { ...minimal, "zk.path": undefined } }, ["one.groups.app: has no zk.path"]],
    ["no socket", { one: { ...minimal, socket_files: [] } }, ["one.socket_files: "]],
    ["a bad name", { one: { ...minimal, groups: { "a b": {} } } }, ["one.groups.a b: "]],
  ])("refuses %s", (_, value, problems) => {
    const found = refused(value);
    expect(found).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(found[index]).toContain(problem);
  });
});
