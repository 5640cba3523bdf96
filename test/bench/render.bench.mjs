import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConsul } from "../servers/consul.ts";
import { startEtcd } from "../servers/etcd.ts";
import { sleep, until } from "../servers/process.ts";
import { runCost } from "./lib/cost.mjs";
import { CHECKD, startDaemon, stopper } from "./lib/daemon.mjs";
import { median } from "./lib/numbers.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "haproxy.cfg from 6,000 and 60,000 keys, by a program of its own and in the daemon";

/** An empty Node process took so long where the goals were set; goals are told as multiples of it. */
const EMPTY_MS = 58;
const SERVERS = 30;
const SIZES = { small: 100, big: 1000 };
const PER_TRANSACTION = 60;
const CHANGES = 15;

const TEMPLATE = `global
    maxconn 4096
    log 127.0.0.1 local0
defaults
    mode http
    timeout connect 3s
    timeout client 30s
    timeout server 30s
frontend web
    bind :80
{{$domains := lsdir "/services/web"}}{{range $domain := $domains}}
    acl is_{{$domain}} hdr(host) -i {{$domain}}{{end}}
{{range $domain := $domains}}
    use_backend {{$domain}}_cluster if is_{{$domain}}{{end}}
{{range $domain := $domains}}
backend {{$domain}}_cluster
    balance roundrobin
    option httpchk GET /
    option httplog
    option forwardfor
    option redispatch
    retries 2
    cookie SERVERID insert indirect nocache
    http-check expect status 200
    http-request set-header X-Domain {{$domain}}
    default-server inter 2s fall 3 rise 2
    timeout queue 5s
    timeout server 20s
{{$folder := printf "/services/web/%s" $domain}}{{range $host := lsdir $folder}}
    server {{base $host}} {{$ip := printf "%s/%s/ip" $folder $host}}{{getv $ip}}:{{$port := printf "%s/%s/port" $folder $host}}{{getv $port}} cookie {{base $host}} check{{end}}
{{end}}
`;

function keysOf(prefix, domains) {
  const keys = [];
  for (let domain = 0; domain < domains; domain++)
    for (let server = 0; server < SERVERS; server++) {
      const folder = `${prefix}/services/web/d${domain}.example.com/server${server}`;
      keys.push(
        [`${folder}/ip`, `10.${domain >> 8}.${domain & 255}.${server}`],
        [`${folder}/port`, `${8000 + server}`],
      );
    }
  return keys;
}

const base64 = (text) => Buffer.from(text).toString("base64");

async function post(url, method, body) {
  const answer = await fetch(url, { method, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`);
  await answer.text();
}

/** Writes keys in transactions. */
async function fill(keys, send) {
  for (let from = 0; from < keys.length; from += PER_TRANSACTION) await send(keys.slice(from, from + PER_TRANSACTION));
}

const toConsul = (address) => (keys) =>
  post(
    `${address}/v1/txn`,
    "PUT",
    keys.map(([Key, value]) => ({ KV: { Verb: "set", Key, Value: base64(value) } })),
  );

const toEtcd = (address) => (keys) =>
  post(`${address}/v3/kv/txn`, "POST", {
    success: keys.map(([key, value]) => ({ requestPut: { key: base64(`/${key}`), value: base64(value) } })),
  });

function confdir(dir, name) {
  const folder = join(dir, name);
  for (const each of ["conf.d", "templates"]) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, "templates/haproxy.cfg.tmpl"), TEMPLATE);
  const dest = join(folder, "haproxy.cfg");
  writeFileSync(
    join(folder, "conf.d/haproxy.toml"),
    `[template]\nsrc = "haproxy.cfg.tmpl"\ndest = "${dest}"\nkeys = ["/services/web"]\n`,
  );
  return { folder, dest };
}

/** The command that renders these keys once. */
const command = (dir, name, consul) => {
  const flags = ["-onetime", "-backend", "consul", "-node", `127.0.0.1:${consul.port}`, "-prefix", `/${name}`];
  return [process.execPath, CHECKD, "render", "-confdir", confdir(dir, name).folder, "-state-dir", dir, ...flags];
};

/** Milliseconds from start to end. */
function wallMs([file, ...args]) {
  const begun = performance.now();
  const { status, stderr } = spawnSync(file, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
  return performance.now() - begun;
}

/** One whole process after the other, each time to a file that is not there yet. */
function wholeProcesses(dir, consul) {
  const commands = {
    empty: [process.execPath, "-e", "0"],
    none: command(dir, "none", consul),
    small: command(dir, "small", consul),
    big: command(dir, "big", consul),
  };
  const measured = {};
  for (const [name, argv] of Object.entries(commands)) {
    const dest = join(dir, name, "haproxy.cfg");
    rmSync(dest, { force: true });
    const ms = wallMs(argv);
    rmSync(dest, { force: true });
    const { cpuUs, peakMb, code, stderr } = runCost(argv);
    if (code !== 0) throw new Error(stderr);
    measured[name] = { ms, cpuMs: cpuUs / 1000, peakMb };
  }
  return measured;
}

/** Milliseconds from a changed key to the new file, for each of some changes. */
async function changes(dir, name, registry, send) {
  const { folder, dest } = confdir(dir, name);
  const daemon = await startDaemon({
    registries: { main: registry },
    render: [{ confdir: folder, registry: "main", prefix: "/big" }],
  });
  try {
    await until("the first file", () => statSync(dest, { throwIfNoEntry: false }) !== undefined, 60_000);
    const took = [];
    for (let change = 0; change < CHANGES; change++) {
      await sleep(400);
      const { ino } = statSync(dest);
      const begun = performance.now();
      await send([["big/services/web/d7.example.com/server3/ip", `10.9.9.${change}`]]);
      while (statSync(dest).ino === ino) await sleep(1);
      took.push(performance.now() - begun);
    }
    if (!readFileSync(dest, "utf8").includes(`10.9.9.${CHANGES - 1}:`)) throw new Error("the file is not the newest");
    // The first ones are slower: code that runs often is compiled better.
    return took.slice(5);
  } finally {
    await daemon.stop();
  }
}

export async function run({ rounds = 5, add, say }) {
  const all = stopper();
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-render-"));
  all.later(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const [consul, etcd] = [all.keep(await startConsul()), all.keep(await startEtcd())];
    for (const [name, domains] of Object.entries(SIZES)) await fill(keysOf(name, domains), toConsul(consul.address));
    await fill(keysOf("big", SIZES.big), toEtcd(etcd.address));
    wholeProcesses(dir, consul);
    const results = [];
    for (let round = 1; round <= rounds; round++) {
      const measured = wholeProcesses(dir, consul);
      results.push(measured);
      say(
        `round ${round}: ${Object.entries(measured)
          .map(([name, { ms }]) => `${name} ${ms.toFixed(0)} ms`)
          .join(", ")}`,
      );
    }
    report(dir, results, add);
    await reportChanges(dir, { consul, etcd, results }, add);
  } finally {
    await all.stop();
  }
}

function report(dir, results, add) {
  const lines = (name) => readFileSync(join(dir, name, "haproxy.cfg"), "utf8").split("\n").length - 1;
  const ratio = (name) => results.map((each) => each[name].ms / each.empty.ms);
  const msOf = (name) => results.map((each) => each[name].ms);
  const cpu = (each, name) => each[name].cpuMs - each.none.cpuMs;
  const goal = (ms) => Number((ms / EMPTY_MS).toFixed(1));
  add(seen("an empty Node process", msOf("empty"), "ms"));
  add(atMost("6,000 keys, whole process, to an empty one", ratio("small"), goal(300), "x", `${lines("small")} lines`));
  add(seen("6,000 keys, whole process", msOf("small"), "ms"));
  add(atMost("60,000 keys, whole process, to an empty one", ratio("big"), goal(800), "x", `${lines("big")} lines`));
  add(seen("60,000 keys, whole process", msOf("big"), "ms"));
  add(
    atMost(
      "60,000 keys, most memory",
      results.map(({ big }) => big.peakMb),
      200,
      "MB",
    ),
  );
  const growth = results.map((each) => cpu(each, "big") / cpu(each, "small"));
  add(atMost("CPU of ten times the keys, start-up aside", growth, 12));
}

async function reportChanges(dir, { consul, etcd, results }, add) {
  const empty = median(results.map((each) => each.empty.ms));
  const etcdMs = await changes(dir, "etcd", { driver: "etcd", address: etcd.address }, toEtcd(etcd.address));
  const note = "from the write to the file in place";
  add(
    atMost(
      "daemon, etcd: one of 60,000 keys, to an empty process",
      etcdMs.map((ms) => ms / empty),
      Number((150 / EMPTY_MS).toFixed(1)),
      "x",
      note,
    ),
  );
  add(seen("daemon, etcd: one of 60,000 keys", etcdMs, "ms"));
  const consulMs = await changes(
    dir,
    "consul",
    { driver: "consul", address: consul.address },
    toConsul(consul.address),
  );
  add(seen("daemon, Consul: one of 60,000 keys", consulMs, "ms", "Consul sends all of them each time"));
}
