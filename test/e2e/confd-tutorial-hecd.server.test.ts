import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type EtcdServer, startEtcd } from "../servers/etcd.ts";
import { startNginx } from "../servers/nginx.ts";
import { freePort, until } from "../servers/process.ts";
import { get, HAPROXY_HEAD, runningThings, startMaster, startRender, textOf, writeFiles } from "./render-rig.ts";

const things = runningThings();
afterEach(() => things.stop());

/** One backend for each key, chosen by the APPID header; what has none goes to the default. */
const template = (dir: string, port: number, fallback: number): string => `${HAPROXY_HEAD(dir)}
frontend http_in
  bind 127.0.0.1:${port}
{{range gets "/app/servers/*"}}  acl header_{{base .Key}} hdr(APPID) -i {{base .Key}}
{{end}}{{range gets "/app/servers/*"}}  use_backend {{base .Key}} if header_{{base .Key}}
{{end}}  default_backend www.example.com

{{range gets "/app/servers/*"}}backend {{base .Key}}
  server {{base .Key}} {{.Value}} check inter 500 fall 1 rise 2
{{end}}
backend www.example.com
  server developer 127.0.0.1:${fallback} check inter 500
`;

async function put(etcd: EtcdServer, key: string, value: string): Promise<void> {
  const body = new URLSearchParams({ value });
  expect((await fetch(`${etcd.address}/v2/keys/${key}`, { method: "PUT", body })).ok).toBe(true);
}

describe("the HECD tutorial", () => {
  it("routes by the APPID header, and finds new containers at the next interval", async () => {
    const dir = things.folder("hecd");
    const [etcd, one, two, other] = await Promise.all([
      startEtcd(),
      ...["one", "two", "the default"].map((content) => startNginx({ content })),
    ]);
    for (const each of [etcd, one, two, other]) if (each !== undefined) things.keep(each);
    if (one === undefined || two === undefined || other === undefined) throw new Error("nginx is missing");
    const port = await freePort();
    writeFiles(dir, {
      "templates/haproxy.cfg.tmpl": template(dir, port, other.port),
      "conf.d/haproxy.toml": `[template]
src = "haproxy.cfg.tmpl"
dest = "${dir}/haproxy.cfg"
keys = [
  "/app/servers",
]
reload_cmd = "test ! -e ${dir}/haproxy.pid || kill -USR2 $(cat ${dir}/haproxy.pid)"
`,
    });
    // etcd's v2 API knows no key yet: that is an error of the resource, as in confd, and the next interval tries again.
    const render = things.keep(await startRender(dir, ["-interval", "1", "-node", etcd.address]));
    await until("etcd's own words", () => /ERROR 100: Key not found \(\/app\) \[\d+\]/.test(render.output()));
    await put(etcd, "app/servers/acdea7a876c8", `127.0.0.1:${one.port}`);
    await until("haproxy.cfg", () => textOf(join(dir, "haproxy.cfg")).includes("backend acdea7a876c8"));
    const haproxy = things.keep(await startMaster(dir));
    const asked = async (id?: string) => (await get(port, id === undefined ? {} : { APPID: id })).body;
    await until("the container to serve", async () => (await asked("acdea7a876c8")) === "one");
    expect(await asked("ACDEA7A876C8")).toBe("one");
    expect(await asked()).toBe("the default");
    expect(await asked("unknown")).toBe("the default");

    const pid = await haproxy.info("Pid");
    await put(etcd, "app/servers/b2", `127.0.0.1:${two.port}`);
    await until("the second container to serve", async () => (await asked("b2")) === "two");
    expect(await haproxy.info("Pid")).not.toBe(pid);
    expect(await asked("acdea7a876c8")).toBe("one");
    await fetch(`${etcd.address}/v2/keys/app/servers/acdea7a876c8`, { method: "DELETE" });
    await until("the first one to be gone", async () => (await asked("acdea7a876c8")) === "the default");

    render.signal("SIGTERM");
    expect(await render.exited).toBe(0);
    expect(render.output()).toMatch(/INFO Captured terminated\. Exiting\.\.\.\n$/);
  });
});
