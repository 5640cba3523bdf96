import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type EtcdServer, startEtcd } from "../servers/etcd.ts";
import { type Nginx, startNginx } from "../servers/nginx.ts";
import { freePort, until } from "../servers/process.ts";
import { startCheckd } from "./checkd.ts";
import {
  get,
  HAPROXY_HEAD,
  type Master,
  runningThings,
  startMaster,
  startRender,
  textOf,
  writeFiles,
} from "./render-rig.ts";

const things = runningThings();
afterEach(() => things.stop());

/** Domains from the folders of the registry, with an ACL for each Host header and a cookie for each server. */
const template = (dir: string, port: number): string => `${HAPROXY_HEAD(dir)}
frontend webin
  bind 127.0.0.1:${port}
{{- $domains := lsdir "/services/web"}}
{{- range $domain := $domains}}
  acl is_{{$domain}} hdr(host) -i {{$domain}}
{{- end}}
{{- range $domain := $domains}}
  use_backend {{$domain}}_cluster if is_{{$domain}}
{{- end}}
{{range $domain := $domains}}
backend {{$domain}}_cluster
  balance roundrobin
  cookie SERVERID insert indirect nocache
{{- $folder := printf "/services/web/%s" $domain}}{{range $host := lsdir $folder}}
  server {{base $host}} {{$ip := printf "%s/%s/ip" $folder $host}}{{getv $ip}}:{{$at := printf "%s/%s/port" $folder $host}}{{getv $at}} cookie {{base $host}} check inter 500
{{- end}}
{{end}}`;

const resource = (dir: string, reload: string): string => `[template]
src = "haproxy.cfg.tmpl"
dest = "${dir}/haproxy.cfg"
keys = [
  "/services/web",
]
check_cmd = "haproxy -c -q -f {{.src}}"
reload_cmd = "${reload}"
`;

interface Site {
  readonly dir: string;
  readonly port: number;
  readonly etcd: EtcdServer;
  readonly nginx: readonly Nginx[];
  readonly haproxy: () => Master;
  asked(host: string, headers?: Readonly<Record<string, string>>): Promise<string>;
}

/** A web server with the tutorial's page. */
async function startWeb(name: string, port?: number): Promise<Nginx> {
  const nginx = await startNginx({ content: name, ...(port === undefined ? {} : { port }) });
  writeFiles(nginx.root, { "1.html": `I am ${name}` });
  return nginx;
}

const pool = (targets: Readonly<Record<string, string>>) => ({
  check: { type: "http-content", path: "/1.html", contains: "I am" },
  every: "300ms",
  fast: "100ms",
  targets,
});

/** Two servers of a.abc.com, one of b.abc.com, published by checkd from their checks; `api` of etcd. */
async function site(api: "v2" | "v3"): Promise<Site> {
  const dir = things.folder(`etcd-${api}`);
  const etcd = things.keep(await startEtcd());
  const nginx = await Promise.all(["a1", "a2", "b1"].map((name) => startWeb(name)));
  for (const each of nginx) things.keep(each);
  const [a1, a2, b1] = nginx.map((each) => `127.0.0.1:${each.port}`);
  const port = await freePort();
  writeFiles(dir, {
    "templates/haproxy.cfg.tmpl": template(dir, port),
    "conf.d/haproxy.toml": resource(dir, `test ! -e ${dir}/haproxy.pid || kill -USR2 $(cat ${dir}/haproxy.pid)`),
  });
  const publish = { registry: "main", layout: "fields", key: "services/web/{pool}/{name}" };
  const config = {
    registries: { main: { driver: "etcd", api, address: etcd.address } },
    defaults: { publish },
    pools: {
      "a.abc.com": pool({ server1: a1 ?? "", server2: a2 ?? "" }),
      "b.abc.com": pool({ server1: b1 ?? "" }),
    },
    // With the v3 API the daemon renders; with v2 a program of its own does.
    ...(api === "v3" ? { render: [{ confdir: dir, registry: "main" }] } : {}),
  };
  things.keep(await startCheckd(config));
  if (api === "v2")
    things.keep(await startRender(dir, ["-watch", "-backend", "etcd", "-node", etcd.address.replace("http://", "")]));
  const cfg = join(dir, "haproxy.cfg");
  await until("all servers in haproxy.cfg", () => textOf(cfg).split(" check inter").length === 4, 20_000);
  const haproxy = things.keep(await startMaster(dir));
  const asked = async (host: string, headers = {}): Promise<string> =>
    (await get(port, { host, ...headers }, "/1.html")).body;
  return { dir, port, etcd, nginx, haproxy: () => haproxy, asked };
}

/** Who answers several requests without a cookie. */
async function answering({ asked }: Site, host: string): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < 6; i++) seen.add(await asked(host));
  return seen;
}

describe("the etcd and confd tutorial", () => {
  it.each(["v2", "v3"] as const)("balances by Host header, and follows what is alive (API %s)", async (api) => {
    const here = await site(api);
    await until("all servers to be up", async () => (await answering(here, "a.abc.com")).size === 2);
    expect(await answering(here, "b.abc.com")).toEqual(new Set(["I am b1"]));
    expect((await get(here.port, { host: "c.abc.com" })).status).toBe(503);

    // A cookie keeps a client at its server.
    const { headers, body } = await get(here.port, { host: "a.abc.com" }, "/1.html");
    const [cookie = ""] = headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^SERVERID=server[12];/);
    for (let i = 0; i < 4; i++)
      expect(await here.asked("a.abc.com", { cookie: cookie.split(";")[0] ?? "" })).toBe(body);

    const cfg = join(here.dir, "haproxy.cfg");
    const before = readFileSync(cfg, "utf8");
    const [first] = here.nginx;
    if (first === undefined) throw new Error("nginx is missing");
    await first.stop();
    await until("server1 to leave haproxy.cfg", () => textOf(cfg).split(" check inter").length === 3, 20_000);
    expect(textOf(cfg)).not.toContain(`127.0.0.1:${first.port}`);
    await until("a2 alone to answer", async () => [...(await answering(here, "a.abc.com"))].join() === "I am a2");
    things.keep(await startWeb("a1", first.port));
    await until("server1 to come back", () => textOf(cfg) === before, 20_000);
    await until("both to answer", async () => (await answering(here, "a.abc.com")).size === 2);
  });
});
