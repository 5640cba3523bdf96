import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { tempDir } from "../servers/process.ts";
import { type Ran, run } from "./checkd.ts";

const GOLDEN = fileURLToPath(new URL("../golden/confd/", import.meta.url));
const OLD = "what was there before\n";
const cases = readdirSync(GOLDEN).filter((name) => /^\d/.test(name));

let consul: ConsulServer;
const dirs: string[] = [];
beforeAll(async () => {
  consul = await startConsul();
});
afterAll(async () => {
  await consul.stop();
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

/** The case as a user has it: resource and template as they are, the target in the working directory. */
function confdDirectory(name: string): string {
  const dir = tempDir("golden");
  dirs.push(dir);
  for (const folder of ["conf.d", "templates"]) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, "conf.d/resource.toml"), readFileSync(join(GOLDEN, name, "resource.toml")));
  writeFileSync(join(dir, "templates/template.tmpl"), readFileSync(join(GOLDEN, name, "template.tmpl")));
  writeFileSync(join(dir, "haproxy.cfg"), OLD);
  return dir;
}

const render = (dir: string, ...args: readonly string[]): Promise<Ran> =>
  run(["render", "-onetime", "-confdir", dir, ...args], { cwd: dir, env: { CHECKD_STATE_DIR: join(dir, "state") } });

function expectCase(name: string, dir: string, { code, stderr }: Ran): void {
  const written = readFileSync(join(dir, "haproxy.cfg"), "latin1");
  if (existsSync(join(GOLDEN, name, "expected.cfg"))) {
    expect(stderr).toContain("INFO Target config haproxy.cfg has been updated");
    expect(written).toBe(readFileSync(join(GOLDEN, name, "expected.cfg"), "latin1"));
    expect(code).toBe(0);
  } else {
    expect(stderr).toMatch(/ERROR .*\n.* FATAL /);
    expect(written).toBe(OLD);
    expect(code).toBe(1);
  }
}

/** All keys of the case, and no other. */
async function fill(name: string): Promise<void> {
  await consul.api("DELETE", "/kv/?recurse");
  const keys = Object.entries(
    JSON.parse(readFileSync(join(GOLDEN, name, "keys.json"), "utf8")) as Record<string, string>,
  );
  for (let from = 0; from < keys.length; from += 64) {
    const ops = keys.slice(from, from + 64).map(([key, value]) => ({
      KV: { Verb: "set", Key: key.slice(1), Value: Buffer.from(value).toString("base64") },
    }));
    expect((await consul.api("PUT", "/txn", JSON.stringify(ops))).status).toBe(200);
  }
}

describe("the built program on what was recorded from confd", () => {
  it.each(cases)("Consul: %s", async (name) => {
    await fill(name);
    const dir = confdDirectory(name);
    expectCase(name, dir, await render(dir, "-backend", "consul", "-node", `127.0.0.1:${consul.port}`));
  });

  it.each(cases)("files: %s", async (name) => {
    const dir = confdDirectory(name);
    expectCase(name, dir, await render(dir, "-backend=file", `--file=${join(GOLDEN, name, "keys.json")}`));
  });
});
