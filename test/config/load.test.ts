import { describe, expect, it } from "vitest";
import { FOREVER_MS } from "../../src/config/schema/values.ts";
import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import { poolOf, problemsOf, settingsOf } from "./fakes.ts";

const TARGETS = 'targets: { a: "10.0.0.1:80" }';
const pool = (keys: string, check = "{ type: tcp }") =>
  `pools:\n  web:\n    check: ${check}\n    ${TARGETS}\n    ${keys}\n`;
const first = async (keys: string, check?: string) => {
  const [one] = (await poolOf(pool(keys, check))).checks;
  if (one === undefined) throw new Error("there is no check");
  return one.policy;
};

const passwordOf = (options: unknown): unknown =>
  (options as { password?: { reveal(): string } } | undefined)?.password?.reveal();

describe("a pool that says nothing", () => {
  it("has the policies that the core calls default", async () => {
    const { policy, checks, ...rest } = await poolOf(pool(""));
    expect(policy).toEqual(defaultPoolPolicy);
    expect(checks.map((check) => check.policy)).toEqual([defaultPolicy]);
    expect(rest).toMatchObject({
      group: null,
      nameTemplate: "{host}-{port}",
      shrinkGuard: { share: 0.5, forMs: 600_000 },
      onExit: "keep",
      sources: [],
      outlets: [],
    });
  });

  it("leaves the daemon with nothing to listen on and nothing to write", async () => {
    expect(await settingsOf(pool(""))).toMatchObject({
      admin: null,
      stateDir: null,
      agent: { listen: [], http: [], allow: [], maxConnections: 4096, maxPerPeer: 1024, timeoutMs: 5000, ports: [] },
      render: [],
      record: null,
      overrides: null,
      haproxy: [],
      warnings: [],
    });
  });
});

describe("timing of a check", () => {
  it.each<[string, string, object]>([
    ["every: 4s", "{ type: tcp }", { everyMs: 4000, maxAgeMs: 2000, fastMs: 250 }],
    ["every: 100ms", "{ type: tcp }", { everyMs: 100, fastMs: 100, maxAgeMs: 50 }],
    ["every: 4s", "{ type: tcp, every: 1s }", { everyMs: 1000, maxAgeMs: 500 }],
    ["rise: 5", "{ type: tcp, fall: 7 }", { rise: 5, fall: 7 }],
    ["max_age: 0", "{ type: tcp }", { maxAgeMs: 0 }],
    ["max_age: inf", "{ type: tcp }", { maxAgeMs: FOREVER_MS }],
    ["wait: 300ms", "{ type: tcp }", { waitMs: 300 }],
    ["wait: auto", "{ type: tcp }", { waitMs: -1 }],
    ["fall_for: 3s, first: counted".replace(", ", "\n    "), "{ type: tcp }", { fallForMs: 3000, first: "counted" }],
    ["every: 5s", "{ type: exec, argv: [x] }", { everyMs: 5000, fastMs: 5000 }],
    ["", '{ type: exec, argv: [x], cron: "* * * * *" }', { everyMs: 60_000, fastMs: 2000 }],
    ["fast: 500ms", "{ type: exec, argv: [x] }", { everyMs: 2000, fastMs: 500 }],
    ["", '{ type: tcp, cron: "*/10 * * * * *" }', { cron: "*/10 * * * * *", everyMs: 10_000, maxAgeMs: FOREVER_MS }],
    ["every: 4s", '{ type: tcp, cron: "* * * * *" }', { cron: "* * * * *", everyMs: 60_000 }],
    ['cron: "* * * * *"', "{ type: tcp, every: 1s }", { cron: null, everyMs: 1000, maxAgeMs: 500 }],
    ['cron: "* * * * *"\n    max_age: 5s', "{ type: tcp }", { cron: "* * * * *", maxAgeMs: 5000 }],
  ])("%s with check %s", async (keys, check, expected) => {
    expect(await first(keys, check)).toMatchObject(expected);
  });

  it.each([
    ["every: 4s", "{ type: tcp }", 12_000],
    ["timeout: 5s", "{ type: tcp }", 15_000],
    ["", '{ type: tcp, cron: "*/10 * * * * *" }', 20_000],
    ["", "[{ type: tcp }, { type: tcp, every: 10s }]", 30_000],
    ["stale_after: 7s", "{ type: tcp }", 7000],
  ])("%s with check %s is news for %d ms", async (keys, check, staleMs) => {
    expect((await poolOf(pool(keys, check))).policy.staleMs).toBe(staleMs);
  });

  it.each([
    ["", "{ type: tcp }", 1750],
    ["fast: 1s\n    timeout: 2s", "{ type: tcp, rise: 4 }", 6000],
    ["settle: 9s", "{ type: tcp }", 9000],
    ["", "none", 1750],
  ])("%s with check %s settles within %d ms", async (keys, check, settleMs) => {
    expect((await poolOf(pool(keys, check))).policy.settleMs).toBe(settleMs);
  });

  it("comes from the check, else the pool, else defaults, else is built in", async () => {
    const [policy] = (
      await poolOf(
        `defaults: { every: 8s, fall: 9, rise: 9, timeout: 9s }\n${pool("every: 4s\n    rise: 3", "{ type: tcp, every: 1s }")}`,
      )
    ).checks.map((check) => check.policy);
    expect(policy).toMatchObject({ everyMs: 1000, rise: 3, fall: 9, timeoutMs: 9000, fastMs: 250 });
  });

  it("an every of the pool ends a cron of defaults", async () => {
    const { checks } = await poolOf(`defaults: { cron: "* * * * *" }\n${pool("every: 4s")}`);
    expect(checks[0]?.policy).toMatchObject({ cron: null, everyMs: 4000 });
  });

  it("a fast of defaults follows a shorter every of the pool", async () => {
    const { checks } = await poolOf(`defaults: { fast: 1s }\n${pool("every: 500ms")}`);
    expect(checks[0]?.policy).toMatchObject({ fastMs: 500, everyMs: 500 });
  });
});

describe("rules of a pool", () => {
  it.each<[string, object]>([
    ["at_least: 2", { atLeast: { count: 2 } }],
    ["at_least: 50%", { atLeast: { share: 0.5 } }],
    ["margin: 10%", { margin: 0.1 }],
    ["when_none_fit: none", { whenNoneFit: "none" }],
    ["unknown_for: 1h", { unknownMs: 3_600_000 }],
    ["agent_owns_admin: true", { ownsAdmin: true }],
    ["damping: {}", { damping: { maxMs: 300_000, quietMs: 600_000 } }],
    ["damping: { max: 1m }", { damping: { maxMs: 60_000, quietMs: 600_000 } }],
    ['reference: "10.0.0.9:80"', { brake: { share: 0.5, withinMs: 10_000, forMs: 300_000 } }],
    [
      'reference: ["10.0.0.9:80"]\n    brake: { share: 20%, for: 1m }',
      { brake: { share: 0.2, withinMs: 10_000, forMs: 60_000 } },
    ],
    ["brake: off\n    damping: off\n    reference: off", { brake: null, damping: null }],
    ['brake: off\n    reference: "10.0.0.9:80"', { brake: null }],
    ["haproxy_weight: 100\n    ramp: 1m", { haproxyWeight: 100, rampMs: 60_000 }],
    ["require: any", { require: "any" }],
    ["require: 1", { require: 1 }],
  ])("%s", async (keys, expected) => {
    expect((await poolOf(pool(keys))).policy).toMatchObject(expected);
  });

  it("that defaults switch on are off where a pool says so", async () => {
    const defaults = 'defaults: { damping: {}, reference: "10.0.0.9:80", brake: { for: 1m } }';
    const { policy, targets } = await poolOf(
      `${defaults}\n${pool("damping: off\n    reference: off\n    brake: off")}`,
    );
    expect(policy).toMatchObject({ damping: null, brake: null });
    expect(targets.filter(({ part }) => part === "reference")).toEqual([]);
    expect((await poolOf(`${defaults}\n${pool("")}`)).policy).toMatchObject({ brake: { forMs: 60_000 } });
  });

  it("a curve is sorted by its values, whatever the order in the file", async () => {
    const { policy } = await poolOf(
      pool("haproxy_weight: 100\n    weight: { by: latencyMs, curve: { 30: 1, -1: 100, 2.5: 50 } }"),
    );
    expect(policy.weight).toEqual({
      by: "latencyMs",
      curve: [
        [-1, 100],
        [2.5, 50],
        [30, 1],
      ],
      step: 5,
    });
  });

  it.each([
    ["{ type: mysql-primary, user: m }", "", "prefer"],
    ['{ type: redis-master, sentinels: ["s:26379"], master_name: m }', "", "require"],
    ["{ type: redis-master }", 'source: { type: sentinel, sentinels: ["s:26379"], master_name: m }', "require"],
    ['{ type: redis-master, sentinels: ["s:26379"], master_name: m }', "witness: none", "none"],
  ])("a writer with check %s and %s has witness %s", async (check, keys, witness) => {
    expect((await poolOf(pool(`role: writer\n    ${keys}`, check))).policy.witness).toBe(witness);
  });

  it("defaults may hold keys that only some pools can use", async () => {
    const text = `defaults: { at_least: 2, witness_age: 5s }\n${pool("")}  db:\n    role: writer\n    check: { type: mysql-primary, user: m }\n    ${TARGETS}\n`;
    expect((await settingsOf(text)).pools.map(({ policy }) => policy.atLeast)).toEqual([{ count: 2 }, { count: 2 }]);
  });
});

describe("targets", () => {
  it("are an address or a section, with agent ports bound where agent.listen is", async () => {
    const settings = await settingsOf(`
agent: { listen: ["unix:/run/a.sock", "127.0.0.1:3300"] }
pools:
  web:
    check: { type: tcp }
    targets:
      a: "[fd00::1]:80"
      b: { address: "web.example:80", agent_port: 3333, meta: { zone: a } }
      c: { address: "web.example:81", agent_port: "[::1]:3334" }
`);
    expect(settings.pools[0]?.targets).toEqual([
      { name: "a", host: "fd00::1", port: 80, meta: {}, part: "member" },
      { name: "b", host: "web.example", port: 80, meta: { zone: "a" }, part: "member" },
      { name: "c", host: "web.example", port: 81, meta: {}, part: "member" },
    ]);
    expect(settings.agent.ports).toEqual([
      { pool: "web", target: "b", host: "127.0.0.1", port: 3333 },
      { pool: "web", target: "c", host: "::1", port: 3334 },
    ]);
  });

  it("may share a port number on different addresses", async () => {
    const port = (at: string) => `{ address: "x:80", agent_port: "${at}:3333" }`;
    expect(
      await problemsOf(
        `pools:\n  web:\n    check: { type: tcp }\n    targets: { a: ${port("127.0.0.1")}, b: ${port("127.0.0.2")} }\n`,
      ),
    ).toEqual([]);
  });

  it("with fallback a target named primary is the backup; references are probed only", async () => {
    const { targets } = await poolOf(`
pools:
  db:
    fallback: primary
    reference: "10.0.0.9:80"
    check: { type: tcp }
    targets: { r1: "10.0.0.1:3306", primary: "10.0.0.2:3306", old: { address: "10.0.0.3:3306", part: backup } }
`);
    expect(targets.map(({ name, part }) => [name, part])).toEqual([
      ["r1", "member"],
      ["primary", "backup"],
      ["old", "backup"],
      ["reference-10.0.0.9-80", "reference"],
    ]);
  });

  it("with one address twice are a warning", async () => {
    const text = 'pools:\n  web:\n    check: { type: tcp }\n    targets: { a: "x:80", b: "x:80" }\n';
    expect((await settingsOf(text)).warnings).toEqual([
      "checkd.yaml:4:27: pools.web.targets.b: has the address of a: x:80",
    ]);
  });
});

describe("a pool with a writer that is forgotten at the end", () => {
  const text = (top: string, more = "", targets = '{ a: "x:80", b: "y:80" }') =>
    `${top}\npools:\n  db:\n    role: writer\n    check: { type: redis-master }\n    targets: ${targets}\n${more}`;
  const agent = 'agent: { listen: "127.0.0.1:3300" }';

  it("is a warning that says what to set", async () => {
    const { warnings } = await settingsOf(text(agent));
    expect(warnings).toEqual([
      expect.stringMatching(/^checkd\.yaml:4:5: pools\.db\.role: .*two servers up until its next poll: set state_dir/),
    ]);
  });

  it("is one too when it has agent ports of its own, or a source", async () => {
    const ports = '{ a: { address: "x:80", agent_port: 3333 }, b: "y:80" }';
    expect((await settingsOf(text("admin: { listen: 127.0.0.1:8910 }", "", ports))).warnings).toHaveLength(1);
    const source = "    source: { type: registry, registry: zk, path: /redis }\n";
    const zk = `registries: { zk: { driver: memory } }\n${agent}`;
    expect((await settingsOf(text(zk, source, '{ a: "x:80" }'))).warnings).toHaveLength(1);
  });

  it.each([
    ["there is a state_dir", text(`${agent}\nstate_dir: /var/lib/checkd`)],
    ["HAProxy is not told by an agent", text("admin: { listen: 127.0.0.1:8910 }")],
    ["there is one server only", text(agent, "", '{ a: "x:80" }')],
    ["it has readers", text(agent).replace("writer", "readers").replace("redis-master", "tcp")],
  ])("is none when %s", async (_, settings) => {
    expect((await settingsOf(settings)).warnings).toEqual([]);
  });
});

describe("a source", () => {
  it("takes log-in and TLS from the check of its pool unless it has its own", async () => {
    const { sources } = await poolOf(`
pools:
  db:
    check: { type: mysql-replica, user: monitor, password: pw, tls: true, database: x }
    source:
      - { type: mysql, primary: "10.0.0.1:3306" }
      - { type: mysql, primary: "10.0.0.2:3306", user: other, password: own }
`);
    expect(sources.map(({ options }) => options)).toMatchObject([
      { user: "monitor", tls: true },
      { user: "other", tls: true },
    ]);
    expect(sources.map(({ options }) => passwordOf(options))).toEqual(["pw", "own"]);
  });

  it("takes Sentinels from the check", async () => {
    const { sources } = await poolOf(`
pools:
  r:
    role: writer
    check: { type: redis-master, sentinels: ["s:26379"], master_name: m }
    source: { type: sentinel }
`);
    expect(sources[0]?.options).toEqual({ sentinels: [{ host: "s", port: 26379 }], master_name: "m" });
  });

  it.each([
    ["source: { type: registry, registry: r, name: '{host}' }", "{host}"],
    ["source: { type: registry, registry: r }\n    name: '{host}'", "{host}"],
    ["source: { type: registry, registry: r }", "{host}-{port}"],
  ])("%s names targets %s", async (source, template) => {
    const { nameTemplate } = await poolOf(
      `registries: { r: { driver: etcd } }\npools:\n  web:\n    check: none\n    ${source}\n`,
    );
    expect(nameTemplate).toBe(template);
  });
});

describe("{pool} and {group}", () => {
  it("are filled in for checks and sources, but not in what a reference brought", async () => {
    const { checks, sources } = await poolOf(
      `
registries: { r: { driver: etcd } }
pools:
  web:
    group: shop
    check: [{ type: exec, argv: [x, "{pool}", "{group}/{name}"] }, { type: mysql-replica, password: "\${env:P}" }]
    source: { type: registry, registry: r, path: "/{group}/{pool}" }
`,
      { P: "a{pool}b" },
    );
    expect(checks[0]?.options).toEqual({ argv: ["x", "web", "shop/{name}"] });
    expect(sources[0]?.options).toMatchObject({ path: "/shop/web" });
    expect(passwordOf(checks[1]?.options)).toBe("a{pool}b");
  });
});

describe("outlets", () => {
  it("are publications by layout and runtime, with on_exit handed to those that know it", async () => {
    const { outlets, onExit } = await poolOf(`
registries: { main: { driver: consul } }
pools:
  web:
    check: { type: tcp }
    ${TARGETS}
    on_exit: remove
    publish:
      - { registry: main, layout: current, key: "haproxy/{pool}" }
      - { registry: main, layout: service, service: web }
    runtime: { sockets: [/run/haproxy.sock], backend: web }
`);
    expect(onExit).toBe("remove");
    expect(outlets.map(({ kind, options }) => [kind.name, options])).toEqual([
      ["publish-current", { registry: "main", key: "haproxy/{pool}", on_exit: "remove" }],
      ["publish-service", { registry: "main", service: "web" }],
      ["runtime", { sockets: ["/run/haproxy.sock"], backend: "web", on_exit: "remove" }],
    ]);
  });

  it("of defaults belong to every pool", async () => {
    const text = `registries: { main: { driver: etcd } }\ndefaults: { publish: { registry: main, layout: members, key: "s/{pool}/{name}" } }\n${pool("")}`;
    expect((await poolOf(text)).outlets.map(({ kind }) => kind.name)).toEqual(["publish-members"]);
  });
});

describe("the daemon's own sections", () => {
  it("are read, with paths that begin in the folder of the file", async () => {
    const settings = await settingsOf(
      `
admin: { listen: "0.0.0.0:8910", token: "\${env:T}" }
state_dir: state
registries: { main: { driver: etcd } }
agent: { listen: "0.0.0.0:3300", http: "unix:/run/http.sock", allow: [10.0.0.0/8, "::1"], timeout: 2s }
render: { confdir: /etc/confd, registry: main }
record: { file: in.ndjson, rotate: 1mb }
overrides: { registry: main }
haproxy: { conf_file: /etc/haproxy.cfg, pid_file: /run/haproxy.pid }
pools: {}
`,
      { T: "t0ken" },
    );
    expect(settings).toMatchObject({
      admin: { listen: "0.0.0.0:8910", read: "token" },
      stateDir: `${process.cwd()}/state`,
      agent: { http: ["unix:/run/http.sock"], allow: ["10.0.0.0/8", "::1/128"], timeoutMs: 2000 },
      render: [
        { confdir: "/etc/confd", registry: "main", watch: true, intervalMs: 600_000, rules: { values: "strict" } },
      ],
      record: { file: `${process.cwd()}/in.ndjson`, rotateBytes: 1024 ** 2, keep: 5 },
      overrides: { registry: "main", prefix: "checkd/overrides" },
      haproxy: [{ exec: "haproxy", mode: "master-worker" }],
    });
    expect(settings.admin?.token?.reveal()).toBe("t0ken");
    expect(JSON.stringify(settings)).not.toContain("t0ken");
  });

  it.each(["127.0.0.1:1", "localhost:1", "[::1]:1"])("admin on %s needs no token", async (listen) => {
    expect(await problemsOf(`admin: { listen: "${listen}" }\npools: {}\n`)).toEqual([]);
  });

  it("an empty token is refused", async () => {
    expect(await problemsOf('admin: { token: "${env:T}" }\npools: {}\n', { T: "" })).toEqual([
      "checkd.yaml:1:10: admin.token: must not be empty",
    ]);
  });
});

describe("keys", () => {
  const base = pool("", "{ type: mysql-replica, user: m, password: pw }");
  it("are equal for equal settings, however they are written", async () => {
    const other = base.replace(
      "{ type: mysql-replica, user: m, password: pw }",
      "{ password: '${env:P}', type: mysql-replica, 'user': m }",
    );
    expect((await poolOf(other, { P: "pw" })).key).toBe((await poolOf(base)).key);
  });

  it.each([
    base.replace("password: pw", "password: pw2"),
    base.replace("10.0.0.1", "10.0.0.2"),
    `${base}    fall: 4\n`,
    `${base}    group: g\n`,
    `defaults: { rise: 7 }\n${base}`,
  ])("differ when anything does: %#", async (text) => {
    expect((await poolOf(text)).key).not.toBe((await poolOf(base)).key);
  });

  it("hold no secret", async () => {
    const { key, checks } = await poolOf(base.replace("password: pw", "password: very-secret"));
    expect(key + (checks[0]?.key ?? "")).not.toContain("very-secret");
  });

  it("of who uses a registry change with the registry", async () => {
    const text = (address: string) =>
      `registries: { main: { driver: etcd, address: ${address} } }\n${pool("publish: { registry: main, layout: members, key: x }")}`;
    const [one, two] = [await poolOf(text("a")), await poolOf(text("b"))];
    expect(one.outlets[0]?.key).not.toBe(two.outlets[0]?.key);
    expect(one.checks[0]?.key).toBe(two.checks[0]?.key);
  });
});

describe("problems", () => {
  it("name a reference instead of what it was filled in with", async () => {
    const said = await problemsOf(pool("timeout: '${env:PW}'\n    role: 'x${env:PW}'"), { PW: "s3cret-value" });
    expect(said).toEqual([
      'checkd.yaml:5:5: pools.web.timeout: "${env:PW}" is no duration (write 500ms, 2s, 1m or 1h)',
      'checkd.yaml:6:5: pools.web.role: "x${env:PW}" is not allowed (allowed: readers, writer)',
    ]);
  });

  it("of defaults are told once, however many pools there are", async () => {
    const said = await problemsOf(
      `defaults: { cron: "nonsense" }\n${pool("")}  two:\n    check: { type: tcp }\n    ${TARGETS}\n`,
    );
    expect(said).toEqual([
      'checkd.yaml:1:13: defaults.cron: "nonsense" has 1 field (five fields, or six with seconds first, as "*/10 * * * * *")',
    ]);
  });

  it("of a registry are told once, not again by who uses it", async () => {
    const said = await problemsOf(
      `registries: { main: { driver: etdc } }\n${pool("publish: { registry: main, layout: members, key: x }")}`,
    );
    expect(said).toEqual(['checkd.yaml:1:23: registries.main.driver: unknown driver "etdc" (did you mean "etcd"?)']);
  });
});
