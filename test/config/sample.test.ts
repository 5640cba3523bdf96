import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { sources } from "../../checks/sources/index.ts";
import { loadText } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { PoolSettings, Settings } from "../../src/config/settings.ts";
import type { Plugins } from "../../src/contract.ts";
import { outlets } from "../../src/outlets/index.ts";
import { registries } from "../../src/registry/index.ts";

const real: Plugins = { checkers, sources, outlets, registries };

describe("the complete sample", () => {
  const folder = mkdtempSync(join(tmpdir(), "checkd-"));
  // The one change to the text: its secrets stand where a test may write.
  const text = readFileSync("test/fixtures/conf/sample.yaml", "utf8").replaceAll("/etc/checkd/", `${folder}/`);
  let settings: Settings;
  const pool = (name: string): PoolSettings => {
    const found = settings.pools.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no pool ${name}`);
    return found;
  };

  beforeAll(async () => {
    for (const file of ["admin.token", "monitor.pw"])
      writeFileSync(join(folder, file), `${file} secret\n`, { mode: 0o600 });
    const loaded = await loadText(text, "checkd.yaml", real, { CONSUL_HTTP_TOKEN: "t0ken" });
    if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    settings = loaded.settings;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("loads without a warning", () => {
    expect(settings.warnings).toEqual([]);
    expect(settings.pools.map(({ name }) => name)).toEqual(["p80", "slave3301", "cache", "web-basecentre"]);
  });

  it("has the tutorial's agent port, on the address of the shared one", () => {
    expect(settings.agent).toMatchObject({ listen: ["0.0.0.0:3300"], http: ["0.0.0.0:3380"], allow: ["10.0.0.0/8"] });
    expect(settings.agent.ports).toEqual([{ pool: "p80", target: "app1", host: "0.0.0.0", port: 3333 }]);
  });

  it("has replicas with weight, floor, fallback and publication", () => {
    const { policy, checks, sources: found, outlets: told } = pool("slave3301");
    expect(policy).toMatchObject({
      fallback: true,
      haproxyWeight: 100,
      atLeast: { count: 1 },
      weight: {
        by: "lagSeconds",
        curve: [
          [0, 100],
          [10, 50],
          [30, 1],
        ],
        step: 5,
      },
    });
    expect(checks.map(({ kind }) => kind.name)).toEqual(["mysql-replica"]);
    expect(found.map(({ kind }) => kind.name)).toEqual(["mysql"]);
    expect(found[0]?.options).toMatchObject({ user: "monitor" });
    expect(told.map(({ kind }) => kind.name)).toEqual(["publish-current"]);
  });

  it("has a cron-driven cache that is news for twice the gap", () => {
    const { checks, policy } = pool("cache");
    expect(checks[0]?.policy).toMatchObject({ cron: "*/10 * * * * *", timeoutMs: 1000 });
    expect(policy.staleMs).toBe(20_000);
  });

  it("has a group that follows ZooKeeper and owns slots", () => {
    expect(pool("web-basecentre")).toMatchObject({ group: "ngboss", targets: [] });
    expect(pool("web-basecentre").outlets.map(({ kind }) => kind.name)).toEqual(["runtime"]);
  });

  it("renders a confd directory and shows no secret", () => {
    expect(settings.render).toMatchObject([{ registry: "main", rules: { values: "strict" } }]);
    expect(JSON.stringify({ ...settings, registries: [...settings.registries] })).not.toMatch(/ secret"|t0ken/);
  });
});
