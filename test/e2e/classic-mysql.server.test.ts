import cron from "node-cron";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsulServer, MASTER_TOKEN, startConsul } from "../servers/consul.ts";
import { type DatabaseServer, follow, MONITOR, replicates, startMariadb } from "../servers/mariadb.ts";
import { freePort, until } from "../servers/process.ts";
import { type Ran, run } from "./checkd.ts";
import {
  addressIn,
  type Classic,
  count,
  loggedAt,
  scratchFile,
  startClassic,
  stays,
  sweep,
  untilNamed,
} from "./classic-programs.ts";

const KEY = "haproxy/mysqlslave/slave3301";
const CRON_KEY = "haproxy/mysqlslave/cron3301";

let consul: ConsulServer;
let primary: DatabaseServer;
let replicas: readonly [DatabaseServer, DatabaseServer];
let conf: string;
let tool: Classic;
const at = ({ port }: DatabaseServer): string => `127.0.0.1:${port}`;
const value = (): Promise<string | null> => consul.get(KEY);

/** The replica that the key names, and the other one. */
async function named(): Promise<readonly [DatabaseServer, DatabaseServer]> {
  const address = addressIn(await value());
  const [a, b] = replicas;
  return at(a) === address ? [a, b] : [b, a];
}

const dbConfText = (tag: string, port: number): string =>
  [
    `[${tag}]`,
    "host=127.0.0.1",
    `port=${port}`,
    `user=${MONITOR.user}`,
    `password=${MONITOR.password}`,
    "database=information_schema",
    "default-character-set=utf8",
    "",
  ].join("\n");

const dbConf = (...tags: readonly string[]): string =>
  scratchFile("db.conf", tags.map((tag) => dbConfText(tag, primary.port)).join("\n"));

const flags = (...more: readonly string[]): string[] => [
  "--conf",
  conf,
  "--consul",
  `127.0.0.1:${consul.port}`,
  "--token",
  MASTER_TOKEN,
  ...more,
];

beforeAll(async () => {
  const servers = Promise.all([startMariadb([], 1), startMariadb([], 2), startMariadb([], 3)]);
  consul = await startConsul({ acl: true });
  const [first, a, b] = await servers;
  primary = first;
  replicas = [a, b];
  await Promise.all(replicas.map((replica) => follow(replica, primary)));
  await Promise.all(replicas.map((replica) => replicates(replica)));
  conf = dbConf("slave3301", "cron3301", "other3301");
});

afterAll(async () => {
  await tool?.stop();
  await Promise.all([primary, ...replicas].map((server) => server.stop()));
  await consul.stop();
  sweep();
});

/** A crontab line, run by a scheduler so many times, one after the other; what each run came to. */
function scheduled(line: string, times: number): Promise<readonly Ran[]> {
  const [, expression = "", command = ""] = /^((?:\S+ ){6})(.*)$/.exec(line) ?? [];
  const [name = "", ...args] = command.split(" ");
  const ran: Promise<Ran>[] = [];
  return new Promise((done) => {
    const task = cron.schedule(expression.trim(), () => {
      ran.push(run(args, { name }));
      if (ran.length < times) return;
      void task.stop();
      void Promise.all(ran).then(done);
    });
  });
}

describe("checkmysqlslave", () => {
  let cronRuns: Promise<readonly Ran[]>;

  it("publishes a slave as the README of the old tool shows it, with its log lines", async () => {
    cronRuns = scheduled(`* * * * * * checkmysqlslave ${flags("--tag", "cron3301", "--once").join(" ")}`, 10);
    tool = await startClassic("checkmysqlslave", flags("--tag", "slave3301"));
    const written = await until("the key", value);
    const { port } = JSON.parse(written) as { port: number };
    expect(replicas.map((replica) => replica.port)).toContain(port);
    expect(JSON.parse(written)).toEqual({ name: "slave3301", host: "127.0.0.1", port, proxyport: port + 10050 });
    await until("two rounds", () => count(tool.output(), "slave3301 in consul is ok") >= 2);
    const lines = tool.lines();
    const stamp = String.raw`^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\] `;
    expect(lines[0]).toMatch(
      new RegExp(`${stamp}connect to 127\\.0\\.0\\.1, ${primary.port}, monitor, xxxxxxxx \\.\\.\\.$`),
    );
    expect(lines[1]).toMatch(new RegExp(`${stamp}set new 127\\.0\\.0\\.1:${port} to consul slave3301 ok$`));
    expect(lines[2]).toMatch(new RegExp(`${stamp}connect to 127\\.0\\.0\\.1, ${port}, monitor, xxxxxxxx \\.\\.\\.$`));
    expect(lines[3]).toMatch(new RegExp(`${stamp}slave3301 in consul is ok$`));
    // Local time, as the old tool's.
    expect(Math.abs(Date.now() - new Date(lines[3]?.slice(1, 20) ?? "").getTime())).toBeLessThan(60_000);
    expect(tool.errors()).toBe("");
  });

  it("writes the other slave within a second of the verdict when one stops replicating", async () => {
    const [current, other] = await named();
    await current.sql("STOP SLAVE SQL_THREAD");
    const seen = await untilNamed(value, at(other));
    const verdict = loggedAt(tool.errors(), `${at(current)} is abnormal`);
    expect(seen - verdict).toBeLessThan(1000);
    await until("it to be said", () => tool.output().includes(`set new ${at(other)} to consul slave3301 ok`));
  });

  it("writes the primary when no slave is healthy, a repaired slave again, and then stays", async () => {
    const [current, broken] = await named();
    await current.sql("STOP SLAVE IO_THREAD");
    await untilNamed(value, at(primary));
    await until("the round to say so", () => tool.output().includes("is the primary"));
    await broken.sql("START SLAVE SQL_THREAD");
    await untilNamed(value, at(broken));
    await current.sql("START SLAVE IO_THREAD");
    await until("the other slave to be healthy", () => tool.errors().includes(`${at(current)} is healthy again`));
    const published = await value();
    await stays("a slave stays until it breaks", 1500, value, published);
  });

  it("leaves an operator's choice of another healthy slave alone, spelled as the old tool spelled it", async () => {
    const [, other] = await named();
    const theirs = `{"name":"slave3301", "host":"127.0.0.1", "port":${other.port}, "proxyport":${other.port + 10050}}`;
    await consul.put(KEY, theirs);
    await stays("the operator's choice", 2000, value, theirs);
    expect(tool.lines().at(-1)).toContain("slave3301 in consul is ok");
  });

  it("writes another healthy slave of its last list when primary and current slave are away", async () => {
    const [current, other] = await named();
    const before = await value();
    primary.signal("SIGSTOP");
    try {
      await stays("the healthy slave, while the primary is away", 500, value, before);
      current.signal("SIGKILL");
      await untilNamed(value, at(other), 5000);
    } finally {
      primary.signal("SIGCONT");
    }
    await current.restart();
    await replicates(current);
    await until("it to be healthy again", () => tool.errors().includes(`${at(current)} is healthy again`));
  });

  it("keeps one value among several tools that would each choose another slave, and one going changes nothing", async () => {
    const [current, other] = await named();
    const discovered = await startClassic("checkmysqlslave", flags("--tag", "slave3301", "--every", "300ms"));
    const late = await startClassic("checkmysqlslave", flags("--tag", "slave3301", "--max-lag", "30s"));
    const before = await value();
    await until("both to be content", () =>
      [discovered, late].every((each) => each.output().includes("slave3301 in consul is ok")),
    );
    await stays("one value", 1000, value, before);
    tool.signal("SIGKILL");
    await tool.exited;
    await current.sql("STOP SLAVE SQL_THREAD");
    const seen = await untilNamed(value, at(other));
    const verdicts = [discovered, late].map((each) => loggedAt(each.errors(), `${at(current)} is abnormal`));
    expect(seen - Math.min(...verdicts.filter((each) => !Number.isNaN(each)))).toBeLessThan(1000);
    await stays("one value", 1000, async () => addressIn(await value()), at(other));
    const written = [discovered, late].map((each) => count(each.output(), "set new"));
    expect(written.reduce((sum, each) => sum + each, 0)).toBe(1);
    expect(await Promise.all([discovered, late].map((each) => each.stop().then(() => each.exited)))).toEqual([0, 0]);
    await current.sql("START SLAVE");
  });

  it("serves several sections of db.conf in one process", async () => {
    const both = await run(flags("--tag", "slave3301", "--tag", "other3301", "--once"), { name: "checkmysqlslave" });
    expect(both.code, both.stderr).toBe(0);
    expect(both.stdout).toContain("slave3301 in consul is ok");
    expect(both.stdout).toMatch(/set new 127\.0\.0\.1:\d+ to consul other3301 ok/);
    const all = await run(flags("--all", "--once"), { name: "checkmysqlslave" });
    expect(all.code, all.stderr).toBe(0);
    for (const tag of ["slave3301", "cron3301", "other3301"]) expect(all.stdout).toContain(`${tag} in consul is ok`);
    const many = Array.from({ length: 25 }, (_, i) => `many${i}`);
    const access = ["--consul", `127.0.0.1:${consul.port}`, "--token", MASTER_TOKEN];
    const lots = await run(["--conf", dbConf(...many), "--all", "--once", ...access], { name: "checkmysqlslave" });
    expect(lots).toMatchObject({ code: 0, stderr: "" });
    expect(count(lots.stdout, " to consul many")).toBe(25);
  });

  it("is content in one round with the healthy slave in Consul though the primary is away", async () => {
    const before = await value();
    const file = scratchFile("db.conf", dbConfText("slave3301", await freePort()));
    const access = ["--consul", `127.0.0.1:${consul.port}`, "--token", MASTER_TOKEN];
    const once = await run(["--conf", file, "--tag", "slave3301", "--once", ...access], { name: "checkmysqlslave" });
    expect(once.code, once.stderr).toBe(0);
    expect(once.stdout).toContain("slave3301 in consul is ok");
    expect(count(once.stderr, "\n"), once.stderr).toBe(1);
    expect(once.stderr).toContain("does not tell its slaves, the last ones stay: ");
    expect(await value()).toBe(before);
  });

  it("reads a db.conf with a byte order mark, CRLF, quotes, and a password full of signs, and shows it nowhere", async () => {
    const password = `p#;=w"d \${x}`;
    await primary.sql(
      `CREATE USER odd@'%' IDENTIFIED BY '${password}'; GRANT SLAVE MONITOR, REPLICATION MASTER ADMIN ON *.* TO odd@'%'`,
    );
    await until("the account on the slaves", async () => {
      const found = await Promise.all(replicas.map((each) => each.sql("SELECT 1 FROM mysql.user WHERE user = 'odd'")));
      return found.every(({ length }) => length === 1);
    });
    const lines = ["[odd3301]", 'host="127.0.0.1"', `port = ${primary.port}`, "user='odd'", `password=${password}`, ""];
    const file = scratchFile("db.conf", `\uFEFF; a comment\r\n${lines.join("\r\n")}`);
    const args = ["--conf", file, "--tag", "odd3301", "--consul", `127.0.0.1:${consul.port}`, "--once"];
    const ran = await run([...args, "--log-level", "debug"], {
      name: "checkmysqlslave",
      env: { CONSUL_HTTP_TOKEN: MASTER_TOKEN },
    });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/set new 127\.0\.0\.1:\d+ to consul odd3301 ok/);
    expect(ran.stderr).toContain("up");
    expect(`${ran.stdout}${ran.stderr}`).not.toContain(password);
    expect(`${ran.stdout}${ran.stderr}`).not.toContain(MASTER_TOKEN);
  });

  it.each([
    ["no section", "", [/there is no section \[slave3301\]/]],
    [
      "another section",
      "[slave3302]\nhost=h\nport=1\nuser=u\n",
      [/no section \[slave3301\].*did you mean "slave3302"/],
    ],
    ["no host", "[slave3301]\nport=3301\nuser=u\n", [/:1:1: slave3301\.host: is missing/]],
    ["no port", "[slave3301]\nhost=h\nuser=u\n", [/slave3301\.port: is missing/]],
    [
      "a port that is no number",
      "[slave3301]\nhost=h\nport=abc\nuser=u\n",
      [/:3:1: slave3301\.port: "abc" is no port/],
    ],
    [
      "several things wrong at once",
      "[slave3301]\nport=0\n[slave3301]\nhost=h\n",
      [/slave3301\.host: is missing/, /"0" is no port/, /section \[slave3301\] stands twice/],
    ],
  ])("refuses a db.conf with %s", async (_, text, says) => {
    const file = scratchFile("db.conf", text);
    const ran = await run(["--conf", file, "--tag", "slave3301"], { name: "checkmysqlslave" });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    for (const each of says) expect(ran.stderr).toMatch(each);
  });

  it("finds slaves by the process list as well", async () => {
    await primary.sql(`GRANT PROCESS ON *.* TO ${MONITOR.user}@'%'`);
    await consul.api("DELETE", `/kv/${KEY}`);
    const found = await run(flags("--tag", "slave3301", "--discover", "processlist", "--once"), {
      name: "checkmysqlslave",
    });
    // All servers of this rig have one address, and the process list tells no ports: only the primary is left.
    expect(found.code, found.stderr).toBe(0);
    expect(found.stdout).toContain(`set new ${at(primary)} to consul slave3301 ok`);
    const hosts = await run(flags("--tag", "slave3301", "--discover", "hosts", "--once"), { name: "checkmysqlslave" });
    expect(hosts.code, hosts.stderr).toBe(0);
    expect(replicas.map(at)).toContain(addressIn(await value()));
  });

  it("leaves nothing behind when a scheduler runs it with --once ten times", async () => {
    const runs = await cronRuns;
    expect(runs.map(({ code }) => code)).toEqual(Array(10).fill(0));
    expect(runs[0]?.stdout).toMatch(/set new 127\.0\.0\.1:\d+ to consul cron3301 ok/);
    expect(runs.every(({ stdout }) => /cron3301 (ok|in consul is)/.test(stdout))).toBe(true);
    expect(JSON.parse((await consul.get(CRON_KEY)) ?? "")).toMatchObject({ name: "cron3301", host: "127.0.0.1" });
    expect((await consul.api("GET", "/session/list")).text.trim()).toBe("[]");
    expect((await consul.api("GET", "/kv/checkd?keys")).status).toBe(404);
    for (const server of [primary, ...replicas])
      await until("no connection to be left", async () => {
        const left = await server.sql(`SELECT 1 FROM information_schema.processlist WHERE user = '${MONITOR.user}'`);
        return left.length === 0;
      });
  });

  it("ends with 3 and changes nothing when neither the primary nor a slave can be reached, or Consul cannot", async () => {
    const before = await value();
    const away = await run([...flags("--tag", "slave3301", "--once", "--consul", "127.0.0.1:1")], {
      name: "checkmysqlslave",
    });
    expect(away).toMatchObject({ code: 3 });
    expect(away.stderr).toMatch(/ECONNREFUSED.*nothing is changed/);
    for (const server of [primary, ...replicas]) server.signal("SIGKILL");
    const dead = await run(flags("--tag", "slave3301", "--once"), { name: "checkmysqlslave" });
    expect(dead.code, dead.stderr).toBe(3);
    expect(dead.stderr).toContain("does not tell its slaves");
    expect(await value()).toBe(before);
    await consul.api("DELETE", `/kv/${KEY}`);
    const empty = await run(flags("--tag", "slave3301", "--once"), { name: "checkmysqlslave" });
    expect(empty.code, empty.stderr).toBe(3);
    expect(await value()).toBeNull();
    expect(`${dead.stderr}${dead.stdout}${away.stderr}`).not.toContain(MONITOR.password);
    expect(`${dead.stderr}${dead.stdout}${away.stderr}`).not.toContain(MASTER_TOKEN);
  });
});
