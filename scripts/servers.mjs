// The servers that the tests run against: Debian packages of this release, and three programs of other releases
// (Consul, a newer HAProxy, MySQL) unpacked into .cache/ without installing them.
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../.cache/servers/", import.meta.url));
const POLICY = "/usr/sbin/policy-rc.d";

/** Binary or file that shows a package is there, and what it is needed for. */
const PACKAGES = [
  ["haproxy", "/usr/sbin/haproxy", "what checkd talks to"],
  ["xinetd", "/usr/sbin/xinetd", "the tutorial's setup, and a bench reference"],
  ["curl", "/usr/bin/curl", "the tutorial's script"],
  ["nginx-light", "/usr/sbin/nginx", "web servers to check"],
  ["mariadb-server", "/usr/sbin/mariadbd", "replicas to check"],
  ["galera-4", "/usr/lib/galera/libgalera_smm.so", "a Galera node to check"],
  ["percona-toolkit", "/usr/bin/pt-heartbeat", "heartbeat rows"],
  ["redis-server", "/usr/bin/redis-server", "masters and replicas to check"],
  ["redis-sentinel", "/usr/bin/redis-sentinel", "fail-overs"],
  ["memcached", "/usr/bin/memcached", "caches to check"],
  ["etcd-server", "/usr/bin/etcd", "a registry"],
  ["zookeeper", "/usr/share/java/zookeeper.jar", "a registry"],
  ["chromium", "/usr/bin/chromium", "the page"],
  ["prometheus", "/usr/bin/promtool", "the alert rules"],
  ["socat", "/usr/bin/socat", "a service manager's socket"],
  ["systemd", "/usr/bin/systemd-analyze", "the units"],
  ["openssl", "/usr/bin/openssl", "certificates"],
  ["gcc", "/usr/bin/gcc", "the bench's load generator"],
  ["libc6-dev", "/usr/include/stdio.h", "the bench's load generator"],
];

/** Programs of another Debian release: suite, packages, and the file that must be there afterwards. */
const UNPACKED = {
  consul: { suite: "bullseye", packages: ["consul"], closure: false, file: "usr/bin/consul" },
  "haproxy-3": { suite: "trixie", packages: ["haproxy"], closure: true, file: "usr/sbin/haproxy" },
  "mysql-9": {
    suite: "sid",
    packages: ["mysql-server-core", "mysql-client-core"],
    closure: true,
    file: "usr/sbin/mysqld",
  },
};

const say = (text) => process.stderr.write(`${text}\n`);

function run(file, args, options = {}) {
  const done = spawnSync(file, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (done.status === 0) return done.stdout;
  throw new Error(
    `${file} ${args.join(" ")}: ${done.error?.message ?? `${done.stdout}${done.stderr}`.trim().slice(-2000)}`,
  );
}

/** Installs the missing packages without starting their services, as root; else says what to install and throws. */
function installPackages() {
  const missing = PACKAGES.filter(([, file]) => !existsSync(file));
  if (missing.length === 0) return;
  for (const [name, , why] of missing) say(`missing: ${name} (${why})`);
  const names = missing.map(([name]) => name);
  if (process.getuid?.() !== 0)
    throw new Error(`Install these, then try again: sudo apt-get install --no-install-recommends ${names.join(" ")}`);
  const held = !existsSync(POLICY);
  // A package's service would take the standard port: tests start servers of their own.
  if (held) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-q"], { env });
    run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...names], { env });
  } finally {
    if (held) rmSync(POLICY);
  }
}

/** The Debian mirror that this machine already uses. */
function mirror() {
  const files = [
    "/etc/apt/sources.list",
    ...readdirSync("/etc/apt/sources.list.d").map((name) => `/etc/apt/sources.list.d/${name}`),
  ];
  for (const file of files.filter((name) => existsSync(name))) {
    const found = /^(?:URIs:\s*|deb\s+(?:\[.*?\]\s+)?)(https?:\/\/\S*\/debian)\/?\s/m.exec(
      `${readFileSync(file, "utf8")}\n`,
    );
    if (found) return found[1];
  }
  throw new Error(
    "no Debian mirror in /etc/apt: the tests take Consul, MySQL and a newer HAProxy from other releases of it",
  );
}

/** An apt of its own below `dir`, so that the machine's lists and packages stay as they are. */
function privateApt(dir, suite) {
  for (const sub of ["state/lists/partial", "cache/archives/partial", "etc"])
    mkdirSync(join(dir, sub), { recursive: true });
  writeFileSync(join(dir, "state/status"), "");
  writeFileSync(
    join(dir, "etc/list"),
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror()} ${suite} main\n`,
  );
  const settings = {
    "Dir::State": join(dir, "state"),
    "Dir::State::status": join(dir, "state/status"),
    "Dir::Cache": join(dir, "cache"),
    "Dir::Etc::sourcelist": join(dir, "etc/list"),
    "Dir::Etc::sourceparts": "-",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Check-Valid-Until": "false",
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return (args) => run("apt-get", ["-q", ...flags, ...args], { cwd: join(dir, "cache/archives") });
}

function unpack(name) {
  const { suite, packages, closure, file } = UNPACKED[name];
  const root = join(CACHE, name);
  if (existsSync(join(root, file))) return;
  say(`fetching ${name} (Debian ${suite}) into .cache/`);
  const work = join(CACHE, `.${name}.work`);
  const made = join(work, "root");
  rmSync(work, { recursive: true, force: true });
  const apt = privateApt(work, suite);
  apt(["update"]);
  if (closure) apt(["install", "-y", "--download-only", "--no-install-recommends", ...packages]);
  else apt(["download", ...packages]);
  for (const dir of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(made, "usr", dir), { recursive: true });
    symlinkSync(`usr/${dir}`, join(made, dir));
  }
  const archives = join(work, "cache/archives");
  for (const deb of readdirSync(archives).filter((each) => each.endsWith(".deb"))) {
    execFileSync("sh", [
      "-c",
      'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink',
      "sh",
      join(archives, deb),
      made,
    ]);
  }
  rmSync(root, { recursive: true, force: true });
  renameSync(made, root);
  rmSync(work, { recursive: true, force: true });
}

/** Folder into which a program of another release was unpacked. */
export const unpackedRoot = (name) => join(CACHE, name);

/** argv of a program in such a folder; through its own loader where its libraries came along. */
export function unpackedCommand(name, file = UNPACKED[name].file) {
  const root = unpackedRoot(name);
  if (!UNPACKED[name].closure) return [join(root, file)];
  const libraries = ["usr/lib/x86_64-linux-gnu", "usr/lib/mysql/private", "usr/lib"]
    .map((dir) => join(root, dir))
    .join(":");
  return [join(root, "usr/lib64/ld-linux-x86-64.so.2"), "--library-path", libraries, join(root, file)];
}

/** Makes sure that everything the tests start is there; a second call does nothing. */
export async function ensureServers() {
  installPackages();
  mkdirSync(CACHE, { recursive: true });
  for (const name of Object.keys(UNPACKED)) unpack(name);
}
