import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DatabaseServer, follow, MONITOR, replicates, startMariadb } from "../servers/mariadb.ts";
import { sleep, tempDir, until } from "../servers/process.ts";
import { askAgent } from "./checkd.ts";
import { type Rig, startRig } from "./rig.ts";
import type { Shown } from "./watcher.ts";

// One story: each step leaves the servers as the next one wants them. Two pools of the same replicas, found by the
// primary, which is the backup: `reads` with weight 100 on the server lines, `ones` with HAProxy's default of 1.
const MAX_LAG = 3;
const CURVE = { 0: 100, 2: 60, 6: 20, 30: 1 };

let primary: DatabaseServer;
let replicas: readonly DatabaseServer[] = [];
let rig: Rig;
const passwordFile = join(tempDir("mariadb-pw"), "monitor.pw");

const nameOf = ({ port }: DatabaseServer): string => `127.0.0.1-${port}`;
const names = (): string[] => replicas.map(nameOf);
const say = (text: string): void => void process.stdout.write(`    ${text}\n`);
const logOf = (index: number): string => rig.checkd(index).output();
const NOTHING: Pick<Shown, "up" | "weights"> = { up: [], weights: {} };
const seen = (index: number, backend: string) => rig.watcher.now(index, backend) ?? NOTHING;
const weightsOf = (index: number, backend: string): number[] =>
  names().map((name) => seen(index, backend).weights[name] ?? -1);
const saidOf = (name: string, pool = "reads"): Promise<string[]> =>
  Promise.all(rig.agentPorts.map((port) => askAgent(port, `${pool}/${name}\n`)));
const both = async (shown: (index: number) => boolean, what: string, ms?: number): Promise<void> => {
  await until(what, () => [0, 1].every(shown), ms).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${rig.story("reads")}\n${logOf(0).slice(-3000)}`);
  });
};
const shows = async (up: readonly string[], ms?: number): Promise<void> => {
  await Promise.all(["reads", "ones"].map((pool) => rig.shows(pool, up, ms)));
};

/** Every replica is fit, told so, and shown with full weight. */
async function allWell(): Promise<void> {
  for (const pool of ["reads", "ones"])
    for (const name of names())
      await until(`${name} to be fit`, async () =>
        (await saidOf(name, pool)).every((line) => /^up 100% #(?!kept|not known)/.test(line)),
      );
  await shows(names());
  await both((index) => weightsOf(index, "reads").join() === "100,100,100", "full weights");
}

let rows = 0;
const write = async (): Promise<void> => {
  rows += 1;
  await primary.sql(`INSERT INTO app.items VALUES (${rows}, 'row')`);
};
/** What is written from now on is not applied there, so that its lag grows by a second a second. */
const hold = (each: DatabaseServer) => each.sql("FLUSH TABLES WITH READ LOCK");
const letGo = (each: DatabaseServer) => each.sql("UNLOCK TABLES");

beforeAll(async () => {
  writeFileSync(passwordFile, MONITOR.password, { mode: 0o600 });
  const [first, ...others] = await Promise.all(
    [1, 2, 3, 4].map((id) => startMariadb(id === 1 ? [] : ["--read-only=1"], id)),
  );
  if (first === undefined) throw new Error("no primary");
  primary = first;
  replicas = others;
  for (const each of replicas) await follow(each, primary);
  await Promise.all(replicas.map((each) => replicates(each)));
  const servers = Object.fromEntries([...replicas.map((each) => [nameOf(each), each.port]), ["primary", primary.port]]);
  const login = { user: MONITOR.user, password: `\${file:${passwordFile}}` };
  const targets = Object.fromEntries(Object.entries(servers).map(([name, port]) => [name, `127.0.0.1:${port}`]));
  const writes = { role: "writer", check: { type: "mysql-primary", ...login }, targets };
  const pool = {
    check: { type: "mysql-replica", ...login, max_lag: `${MAX_LAG}s` },
    source: { type: "mysql", primary: `127.0.0.1:${primary.port}`, every: "1s" },
    weight: { by: "lagSeconds", curve: CURVE },
    fallback: "primary",
  };
  rig = await startRig({
    backends: [
      { pool: "reads", servers, line: "weight 100" },
      { pool: "ones", servers },
      { pool: "writes", servers },
    ],
    config: ({ stateDir }) => ({
      state_dir: stateDir,
      defaults: { every: "500ms", timeout: "1s" },
      pools: { reads: { ...pool, haproxy_weight: 100 }, ones: { ...pool, haproxy_weight: 1 }, writes },
    }),
  });
  await shows(names());
});

afterAll(async () => {
  await rig?.stop();
  await Promise.all([...replicas, primary].map((each) => each?.stop()));
  rmSync(dirname(passwordFile), { recursive: true, force: true });
});

describe("three MariaDB replicas behind two HAProxies with a checkd each", () => {
  it("take all reads with full weight while they are well", () => {
    for (const index of [0, 1]) {
      expect(weightsOf(index, "reads")).toEqual([100, 100, 100]);
      expect(weightsOf(index, "ones")).toEqual([1, 1, 1]);
    }
  });

  it("one that lags gets less by the curve, then nothing; with server weight 1 nobody gets 0 by truncation", async () => {
    const [late, ...well] = replicas;
    if (late === undefined) throw new Error("no replica");
    rig.mark();
    await hold(late);
    await write();
    await shows(well.map(nameOf));
    const given = rig.since("reads").filter(({ haproxy, up }) => haproxy === 0 && up.includes(nameOf(late)));
    const weights = [...new Set(given.map((each) => each.weights[nameOf(late)]))].filter((weight) => weight !== 100);
    say(`weights of the late one on its way out: ${weights.join(", ")}`);
    // By the curve: 80 at 1 s, 60 at 2 s, 50 at 3 s, and lower while too much lag is confirmed; as far as it is seen.
    expect(weights.length).toBeGreaterThan(0);
    expect(weights).toEqual([80, 60, 50, 40, 30, 20].filter((weight) => weights.includes(weight)));
    for (const each of rig.since("ones")) for (const name of each.up) expect(each.weights[name]).toBe(1);
    await letGo(late);
    await allWell();
  });

  it("replication-manager 528: all beyond max_lag, and all serve by weight", async () => {
    const [least] = replicas;
    if (least === undefined) throw new Error("no replica");
    rig.mark();
    for (const each of replicas) await hold(each);
    await write();
    await both((index) => weightsOf(index, "reads").every((weight) => weight > 0 && weight <= 30), "low weights");
    await letGo(least);
    await both((index) => seen(index, "reads").up.join() === nameOf(least), "the one that is well again, alone");
    await hold(least);
    await write();
    await shows(names());
    for (const pool of ["reads", "ones"]) expect(rig.since(pool).filter(({ up }) => up.length === 0)).toEqual([]);
    expect((await saidOf(nameOf(least)))[0]).toMatch(/^up \d+% #kept as no target is fit .*lag \d+s/);
    for (const each of replicas) await letGo(each);
    await allWell();
  });

  it("stay when the primary is killed, also over a restart and a kill of checkd while it is away", async () => {
    rig.mark();
    primary.signal("SIGKILL");
    for (const name of names())
      await until("io to be seen stopped", async () => (await saidOf(name)).every((line) => /io/.test(line)));
    await both((index) => /alarm=source-away/.test(logOf(index)), "both sources to be away");
    await rig.kill(0, "SIGTERM");
    await rig.kill(1, "SIGKILL");
    await Promise.all([rig.restart(0), rig.restart(1)]);
    await both((index) => /alarm=source-away/.test(logOf(index)), "both sources to be away after the restart");
    // A source that does not answer: the pool speaks after `settle`, until then its lines change nothing.
    const kept = /^up \d+% #kept as no target is fit/;
    for (const name of names())
      await until("the last list to be served", async () => (await saidOf(name)).every((line) => kept.test(line)));
    expect(rig.story("reads") + rig.story("ones")).toBe("");
    await primary.restart();
    await allWell();
    // Those that are first to reach the primary again may be alone for a moment, with at_least 1.
    for (const pool of ["reads", "ones"]) expect(rig.since(pool).filter(({ up }) => up.length === 0)).toEqual([]);
  });

  it("give way to the primary when all are dead, and it leaves when one returns", async () => {
    const [first] = replicas;
    if (first === undefined) throw new Error("no replica");
    rig.mark();
    for (const each of replicas) each.signal("SIGKILL");
    const took = Math.max(...(await rig.shows("reads", ["primary"])));
    await rig.shows("ones", ["primary"]);
    say(`all replicas killed: the primary serves in both HAProxies after ${took.toFixed(0)} ms`);
    expect((await saidOf("primary"))[0]).toMatch(/^up 100% #serves as none of 3 replicas is up/);
    await first.restart();
    await shows([nameOf(first)]);
    expect((await saidOf("primary"))[0]).toMatch(/^down #backup, serves only while no replica is up/);
    await Promise.all(replicas.slice(1).map((each) => each.restart()));
    await allWell();
  });

  it("stay when the password of all is changed at once, alarm, and see again when the file is changed", async () => {
    const [account] = await primary.sql(`SELECT PASSWORD('${MONITOR.password}') AS hash`);
    const before = String(account?.hash);
    rig.mark();
    await primary.sql(`ALTER USER ${MONITOR.user}@'%' IDENTIFIED BY 'rotated-pw'`);
    const rotated = async (each: DatabaseServer): Promise<boolean> => {
      const [row] = await each.sql(`SHOW CREATE USER ${MONITOR.user}@'%'`);
      return !Object.values(row ?? {})
        .join()
        .includes(before);
    };
    // Connections outlive a new password: they are ended, as a careful operator does.
    for (const each of [primary, ...replicas]) {
      await until("the new password to arrive", () => rotated(each));
      await each.sql(`KILL USER ${MONITOR.user}`);
    }
    for (const name of names())
      await until("to be blind", async () =>
        (await saidOf(name)).every((line) => /^up 100% #not known for .*1045/.test(line)),
      );
    await sleep(3000);
    expect(rig.story("reads") + rig.story("ones")).toBe("");
    for (const index of [0, 1]) expect(logOf(index)).toMatch(/1045.* alarm=blind/);
    writeFileSync(passwordFile, "rotated-pw");
    for (const name of names())
      await until("to see again", async () => (await saidOf(name)).every((line) => /^up 100% #.*lag 0/.test(line)));
    expect(rig.story("reads") + rig.story("ones")).toBe("");
    expect(logOf(0) + logOf(1)).not.toMatch(/rotated-pw|monitor-pw/);
  });

  it("are joined by a new one and left by a gone one without a restart", async () => {
    rig.mark();
    const fresh = await startMariadb(["--read-only=1"], 9);
    try {
      await follow(fresh, primary);
      const name = nameOf(fresh);
      const begun = performance.now();
      await until("both to serve it", async () => (await saidOf(name)).every((line) => line.startsWith("up ")));
      say(`a new replica is listed and up after ${(performance.now() - begun).toFixed(0)} ms`);
      await fresh.sql("STOP SLAVE; RESET SLAVE ALL");
      await until("both to forget it", async () =>
        (await saidOf(name)).every((line) => line.startsWith("# unknown target")),
      );
    } finally {
      await fresh.stop();
    }
    expect(rig.story("reads") + rig.story("ones")).toBe("");
  });

  it("proxysql 2179: two masters are shown; here there is one at most, whoever claims what, through a fail-over and back", async () => {
    const [next, ...others] = replicas;
    if (next === undefined) throw new Error("no replica");
    await rig.shows("writes", ["primary"]);
    rig.mark();
    await next.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0");
    await both((index) => /alarm=two-writers/.test(logOf(index)), "two writers to be alarmed");
    await sleep(1000);
    expect(rig.story("writes")).toBe("");
    const begun = performance.now();
    primary.signal("SIGKILL");
    for (const each of others) {
      await each.sql("STOP SLAVE");
      await follow(each, next);
    }
    await rig.shows("writes", [nameOf(next)]);
    say(`primary killed, another promoted: up in both HAProxies after ${(performance.now() - begun).toFixed(0)} ms`);
    await primary.restart();
    await both((index) => logOf(index).split("alarm=two-writers").length > 3, "the returned one to be noticed");
    await sleep(2000);
    for (const index of [0, 1]) expect(seen(index, "writes").up).toEqual([nameOf(next)]);
    rig.neverTwoUp("writes");
  });
});
