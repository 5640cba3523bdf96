import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { HAPROXY_DEFAULTS } from "../servers/haproxy.ts";
import { run } from "./checkd.ts";

const dir = mkdtempSync(join(tmpdir(), "checkd-lint-"));
afterAll(() => rmSync(dir, { recursive: true }));
const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

const conf = put(
  "checkd.yaml",
  `agent: { listen: "127.0.0.1:3300" }
pools:
  web:
    check: { type: tcp }
    targets: { app1: { address: "10.0.0.1:80", agent_port: 3333 }, app2: "10.0.0.2:80" }
  shop:
    check: { type: tcp }
    source: { type: registry, registry: main, path: shop }
    runtime: { sockets: ${dir}/h.sock, slots: "shop1..3", state_file: ${dir}/state }
registries: { main: { driver: memory } }
`,
);
const agent = (name: string, port: number): string =>
  `agent-check agent-addr 127.0.0.1 agent-port ${port} agent-send "web/${name}\\n"`;
const haproxy = (app2: string, slots: string): string => `global
  stats socket ${dir}/h.sock level admin
  server-state-file ${dir}/state
${HAPROXY_DEFAULTS}
  load-server-state-from-file global
backend web
  server app1 10.0.0.1:80 check ${agent("app1", 3333)}
  server app2 10.0.0.2:80 ${app2}
backend shop
  server-template shop 1-3 ${slots}
`;

it("says that a file fits that HAProxy and checkd understand alike", async () => {
  const file = put("good.cfg", haproxy(`check ${agent("app2", 3300)}`, "localhost:1 check disabled"));
  expect(spawnSync("/usr/sbin/haproxy", ["-c", "-q", "-f", file]).status).toBe(0);
  expect(await run(["lint", "--haproxy", file, "--conf", conf])).toEqual({
    code: 0,
    stdout: `${file}: fine\n`,
    stderr: "",
  });
});

it("names each line that does not fit with its mend, in files that HAProxy takes without a word", async () => {
  const file = put("bad.cfg", haproxy(agent("app9", 3300), "0.0.0.0:0 check"));
  expect(spawnSync("/usr/sbin/haproxy", ["-c", "-q", "-f", file]).status).toBe(0);
  const { code, stdout } = await run(["lint", "--haproxy", file, "--conf", conf]);
  expect(code).toBe(1);
  const found = stdout.trim().split("\n");
  expect(found.map((line) => /^.*?:(\d+): ([\w-]+): .* \(.+\)$/.exec(line)?.slice(1, 3).join(" "))).toEqual([
    "13 no-check",
    "13 unknown-name",
    "15 slot-enabled",
    "15 state-address",
  ]);
});

it("looks at what Debian ships, at haproxy.cfg alone, and says when it cannot", async () => {
  const debian = "/etc/haproxy/haproxy.cfg";
  expect(existsSync(debian)).toBe(true);
  expect((await run(["lint", "--haproxy", debian])).code).toBe(0);
  const missing = await run(["lint", "--haproxy", join(dir, "nothing.cfg"), "--conf", conf]);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("cannot be read")]);
  const broken = await run(["lint", "--haproxy", debian, "--conf", put("broken.yaml", "pools: 1\n")]);
  expect(broken.code).toBe(2);
});
