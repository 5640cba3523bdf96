// The set-up that `npm start` and `npm test` share: packages from the lock file, and the build, each only when needed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OLDEST = [20, 19];

export const say = (text) => process.stderr.write(`${text}\n`);

/** Ends with a clear word on a Node that is too old. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  say(`checkd needs Node ${OLDEST.join(".")} or newer; this is ${process.versions.node}`);
  process.exit(2);
}

/** Runs a command in the project's folder with its output shown; gives its exit code. */
export function run(file, args, options = {}) {
  const done = spawnSync(file, args, { cwd: ROOT, stdio: "inherit", ...options });
  if (done.error) say(`${file}: ${done.error.message}`);
  return done.status ?? 1;
}

function must(file, args) {
  const code = run(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} failed with ${code}`);
}

const stampFile = (name) => join(ROOT, ".cache", `${name}.stamp`);

/** Calls `make` when `state` is not what it was when it was last made. */
function onChange(name, state, present, make) {
  const file = stampFile(name);
  if (present && existsSync(file) && readFileSync(file, "utf8") === state) return;
  make();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, state);
}

const digest = (text) => createHash("sha256").update(text).digest("hex");

/** Installs what the lock file names, unless it is there already. */
export function installPackages() {
  const lock = digest(readFileSync(join(ROOT, "package-lock.json")) + process.versions.modules);
  onChange("npm", lock, existsSync(join(ROOT, "node_modules")), () => {
    say("installing npm packages");
    // Not `npm ci`: it refuses a lock file without the optional binaries of other platforms, which a mirror may not have.
    must("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  });
}

function* filesBelow(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** Bundles the programs into dist/, unless no source has changed since. */
export function build() {
  const sources = ["src", "checks", "agent", "scripts"].flatMap((dir) => [...filesBelow(join(ROOT, dir))]);
  const state = digest(
    ["package-lock.json", ...sources]
      .map((file) => {
        const { mtimeMs, size } = statSync(file.startsWith("/") ? file : join(ROOT, file));
        return `${file} ${mtimeMs} ${size}`;
      })
      .join("\n"),
  );
  onChange("build", state, existsSync(join(ROOT, "dist/checkd.js")), () =>
    must(process.execPath, ["scripts/build.mjs"]),
  );
}
