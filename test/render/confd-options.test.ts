import { describe, expect, it } from "vitest";
import { parseFlags } from "../../src/cli/go-flags.ts";
import { FLAGS, renderHelp } from "../../src/cli/render-flags.ts";
import { readOptions } from "../../src/cli/render-options.ts";
import { scratch, write } from "./pipeline/rig.ts";

const NONE = ["-config-file", "/nonexistent/confd.toml"];
const read = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => readOptions([...NONE, ...argv], env);
const withFile = (toml: string, argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
  const dir = scratch();
  write(dir, { "confd.toml": toml });
  return readOptions(["-config-file", `${dir}/confd.toml`, ...argv], env);
};

describe("flags", () => {
  it.each([[["-backend", "consul"]], [["--backend", "consul"]], [["-backend=consul"]], [["--backend=consul"]]])(
    "are spelled as Go allows: %j",
    (argv) => {
      expect(read(argv).backend.backend).toBe("consul");
    },
  );

  it("of the tutorials are read as confd reads them", () => {
    expect(read(["-onetime", "-backend", "consul", "-node", "localhost:8500"])).toMatchObject({
      mode: "onetime",
      backend: { backend: "consul", nodes: ["localhost:8500"], scheme: "http" },
      confdir: "/etc/confd",
    });
    expect(read(["-onetime", "-backend", "consul", "-node", "localhost:8500", "--watch"]).mode).toBe("onetime");
    expect(read(["-interval", "10", "-node", "http://1.2.3.4:4001", "-confdir", "/c"])).toMatchObject({
      mode: "interval",
      intervalMs: 10_000,
      confdir: "/c",
      backend: { backend: "etcd", nodes: ["http://1.2.3.4:4001"] },
    });
    expect(read(["-confdir", "./confd", "-onetime", "-backend", "etcd", "-node", "127.0.0.1:4001"])).toMatchObject({
      confdir: "./confd",
      backend: { backend: "etcd", nodes: ["127.0.0.1:4001"] },
    });
  });

  it("may be repeated where there are several nodes or files", () => {
    expect(read(["-node", "a:1", "-node=b:2"]).backend.nodes).toEqual(["a:1", "b:2"]);
    expect(read(["-backend", "file", "-file", "a", "--file=b", "-filter", "*.json"]).backend).toMatchObject({
      files: ["a", "b"],
      filter: "*.json",
    });
  });

  it("switch on and off", () => {
    expect(read(["-watch", "-noop=false", "-sync-only=T", "-keep-stage-file=0"])).toMatchObject({
      mode: "watch",
      noop: false,
      syncOnly: true,
      keepStageFile: false,
    });
  });

  it.each([
    [["-nosuch"], "flag provided but not defined: -nosuch"],
    [["-node"], "flag needs an argument: -node"],
    [["-watch=maybe"], 'invalid boolean value "maybe" for -watch: parse error'],
    [["-interval", "10s"], 'invalid value "10s" for flag -interval: parse error'],
    [["---x"], "bad flag syntax: ---x"],
    [["-=x"], "bad flag syntax: -=x"],
    [["-log-level", "loud"], 'not a valid level: "loud"'],
    [["-backend", "redis"], 'Invalid backend: "redis" (there are consul, etcd, etcdv3, zookeeper, env, file)'],
    [["-backend", "file"], "the backend file needs -file"],
    [["-values", "loose"], 'values: "loose" is neither'],
    [["-confirm", "socket"], "needs socket"],
    [["-shrink-guard", "half"], "is no share"],
    [["-debounce", "5"], 'debounce: "5" is no duration'],
    [["-basic-auth"], "-basic-auth needs -username"],
    [["-backend", "etcdv3", "-client-insecure"], "-client-insecure cannot be had with etcdv3"],
    [["-log-format", "xml"], "neither text nor json"],
    [["-interval", "-5"], "must not be below 0"],
  ])("%j are refused: %s", (argv, message) => {
    expect(() => read(argv)).toThrow(message);
  });

  it("end at the first word that is none, and that is said", () => {
    const { mode, warnings } = read(["-watch", "true", "-onetime"]);
    expect(mode).toBe("watch");
    expect(warnings).toEqual([expect.stringContaining('"true" is no flag')]);
    expect(parseFlags(["-watch", "--", "-onetime"], FLAGS).rest).toEqual(["-onetime"]);
    expect(parseFlags(["-"], FLAGS).rest).toEqual(["-"]);
  });

  it("of other backends are known, and said to mean nothing", () => {
    expect(read(["-auth-token", "x", "-separator=/"]).warnings).toEqual([
      "-auth-token is for vault only and says nothing here",
      "-separator is for redis only and says nothing here",
    ]);
  });

  it.each([
    [["-backend", "zookeeper", "-client-ca-keys", "/ca"], "-client-ca-keys says nothing to the backend zookeeper"],
    [["-backend", "env", "-node", "a:1"], "-node says nothing to the backend env"],
    [["-backend", "consul", "-file", "x"], "-file says nothing to the backend consul"],
    [["-backend", "env", "-srv-domain=x"], "-srv-domain says nothing to the backend env"],
    [["-username", "u", "-password", "p"], "-username and -password say nothing without -basic-auth"],
    [
      ["-client-cert", "/c"],
      "-client-cert and -client-key go together: one of them is missing, so that neither is used",
    ],
  ])("%j are without effect, and that is said", (argv, warning) => {
    expect(read(argv).warnings).toEqual([warning]);
  });

  it("of user and password count with -basic-auth, as in confd; with ZooKeeper always", () => {
    const login = ["-username", "u", "-password", "p"];
    const userOf = (argv: readonly string[], env = {}) => read(argv, env).backend.username;
    for (const backend of ["consul", "etcd", "etcdv3"]) {
      expect(userOf(["-backend", backend, ...login])).toBe("");
      expect(userOf(["-backend", backend, "-basic-auth", ...login])).toBe("u");
    }
    expect(userOf(["-backend", "zookeeper", ...login])).toBe("u");
    expect(userOf(["-backend", "consul", "-basic-auth", ...login], { CONSUL_HTTP_AUTH: "x:y" })).toBe("u");
    expect(userOf(["-backend", "etcd"], { CONSUL_HTTP_AUTH: "x:y" })).toBe("");
  });

  it("of our own make rules", () => {
    const argv = [
      "-values=strict",
      "-shrink-guard=off",
      "-debounce=1s",
      "-check-cmd-timeout=5s",
      "-reload-cmd-timeout=6s",
    ];
    expect(read([...argv, "-confirm=socket", "-socket=/run/h.sock", "-state-dir=/s"])).toMatchObject({
      stateDir: "/s",
      rules: {
        values: "strict",
        shrinkGuard: null,
        debounceMs: 1000,
        checkTimeoutMs: 5000,
        reloadTimeoutMs: 6000,
        confirmSocket: "/run/h.sock",
      },
    });
  });

  it("are all in the help", () => {
    for (const { name } of FLAGS) expect(renderHelp()).toContain(`  -${name} `);
  });
});

describe("confd.toml", () => {
  it("is read with confd's names in any case, and tables in it are left alone", () => {
    expect(
      withFile(`
backend = "etcdv3"
Nodes = ["a:1", "b:2"]
confdir = "/c"
interval = 30
watch = true
noop = true
prefix = "/p"
sync-only = true
keepstagefile = true
log-level = "debug"
scheme = "https"
client_cakeys = "/ca"
client_cert = "/cert"
client_key = "/key"
basic_auth = true
username = "u"
password = "p"
srv_record = "_x._tcp.example.com."
[template]
src = "x"
`),
    ).toMatchObject({
      backend: {
        backend: "etcdv3",
        nodes: ["a:1", "b:2"],
        scheme: "https",
        clientCaKeys: "/ca",
        clientCert: "/cert",
        clientKey: "/key",
        username: "u",
      },
      confdir: "/c",
      mode: "watch",
      intervalMs: 30_000,
      noop: true,
      prefix: "/p",
      syncOnly: true,
      keepStageFile: true,
      logLevel: "debug",
      srvRecord: "_x._tcp.example.com.",
    });
    expect(withFile("OneTime = true\n").mode).toBe("onetime");
    expect(withFile('keep-stage-file = true\nunknown = "x"\n').keepStageFile).toBe(false);
  });

  it.each([
    ["nodes = 'a'", "nodes must be a list of strings"],
    ["interval = '10'", "interval must be a whole number"],
    ["watch = 1", "watch must be true or false"],
    ["[broken", "confd.toml: "],
  ])("%s is refused", (toml, message) => {
    expect(() => withFile(toml)).toThrow(message);
  });

  it("is said to be broken in one line", () => {
    expect(() => withFile("x = [")).toThrow(/^\S+confd\.toml: [^\n]+$/);
  });
});

describe("precedence", () => {
  it("is defaults, file, environment, flags", () => {
    const toml = 'prefix = "/file"\nnodes = ["file:1"]\nclient_cert = "/file"\n';
    expect(withFile("").prefix).toBe("");
    expect(withFile(toml).prefix).toBe("/file");
    const env = { CHECKD_PREFIX: "/env", CHECKD_NODE: "env:1,env:2", CONFD_CLIENT_CERT: "/env" };
    expect(withFile(toml, [], env)).toMatchObject({
      prefix: "/env",
      backend: { nodes: ["env:1", "env:2"], clientCert: "/env" },
    });
    expect(withFile(toml, ["-prefix", "/flag", "-node", "flag:1", "-client-cert=/flag"], env)).toMatchObject({
      prefix: "/flag",
      backend: { nodes: ["flag:1"], clientCert: "/flag" },
    });
    expect(withFile("watch = true\n", ["-watch=false"]).mode).toBe("interval");
  });

  it.each([
    ["CHECKD_BACKEND", "consul", { backend: { backend: "consul" } }],
    ["CHECKD_ONETIME", "true", { mode: "onetime" }],
    ["CHECKD_INTERVAL", "5", { intervalMs: 5000 }],
    ["CHECKD_SYNC_ONLY", "1", { syncOnly: true }],
    ["CONFD_CLIENT_CAKEYS", "/ca", { backend: { clientCaKeys: "/ca" } }],
    ["CONFD_CLIENT_KEY", "/key", { backend: { clientKey: "/key" } }],
    ["STATE_DIRECTORY", "/var/lib/x:/y", { stateDir: "/var/lib/x" }],
    ["ETCDCTL_PEERS", "http://a:1,http://b:2", { backend: { nodes: ["http://a:1", "http://b:2"] } }],
  ])("%s counts", (name, value, options) => {
    expect(read([], { [name]: value })).toMatchObject(options);
  });
});

describe("where nothing is said", () => {
  it.each([
    ["consul", ["127.0.0.1:8500"]],
    ["etcd", ["http://127.0.0.1:4001"]],
    ["etcdv3", ["127.0.0.1:2379"]],
    ["zookeeper", ["127.0.0.1:2181"]],
    ["env", []],
  ])("%s is at %j", (backend, nodes) => {
    expect(read(["-backend", backend]).backend.nodes).toEqual(nodes);
  });

  it("Consul is reached as its own tools reach it", () => {
    const env = {
      CONSUL_HTTP_ADDR: "https://c:8501",
      CONSUL_HTTP_TOKEN: "t0ken",
      CONSUL_HTTP_SSL_VERIFY: "false",
      CONSUL_CACERT: "/ca",
      CONSUL_HTTP_AUTH: "u:p:w",
    };
    const { backend } = read(["-backend", "consul"], env);
    expect(backend).toMatchObject({ nodes: ["https://c:8501"], insecure: true, clientCaKeys: "/ca", username: "u" });
    expect(backend.token?.reveal()).toBe("t0ken");
    expect(backend.password?.reveal()).toBe("p:w");
    expect(JSON.stringify(backend)).not.toMatch(/t0ken|p:w/);
    expect(read(["-backend", "etcd"], env).backend.token).toBeUndefined();
  });

  it("SRV records are looked for under the backend's name", () => {
    expect(read(["-backend", "consul", "-srv-domain", "example.com"]).srvRecord).toBe("_consul._tcp.example.com.");
    expect(read([]).srvRecord).toBe("");
  });
});
