import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../c/", import.meta.url));
const CACHE = fileURLToPath(new URL("../../../.cache/bench/", import.meta.url));
const TICK_US = 1e6 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** What is measured has a core of its own; what drives it has another. */
export const MEASURED_CPU = cpus().length > 1 ? 1 : 0;
export const OTHER_CPU = 0;

/** Moves a process with all its threads to one core; what it starts later follows. */
export function pin(pid, cpu) {
  spawnSync("taskset", ["-a", "-c", "-p", String(cpu), String(pid)], { stdio: "ignore" });
}

/** argv that runs a command on one core. */
export const pinned = (cpu, argv) => ["taskset", "-c", String(cpu), ...argv];

/** CPU microseconds a process has used so far, with its threads and the children it has waited for. */
export function cpuUs(pid) {
  let own = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    own += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1000;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  // After pid and name: state is field 0, cutime 13 and cstime 14.
  return own + (Number(fields[13]) + Number(fields[14])) * TICK_US;
}

/** Resident memory in megabytes. */
export const rssMb = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

/** How many descriptors a process has open. */
export const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** Path of a program of test/bench/c, compiled when its source is newer. */
export function compiled(name) {
  const source = join(SOURCES, `${name}.c`);
  const program = join(CACHE, name);
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs)
    execFileSync("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source], { stdio: "inherit" });
  return program;
}

/** Runs a program to its end on the measured core: CPU with its children, peak memory, exit code. */
export function runCost(argv, options = {}) {
  const [file, ...args] = pinned(MEASURED_CPU, [compiled("run-cost"), ...argv]);
  const { stderr } = spawnSync(file, args, { encoding: "utf8", ...options });
  const [, cpu, peak, code] = /cost (\d+) (\d+) (\d+)\s*$/.exec(stderr) ?? [];
  if (cpu === undefined) throw new Error(`${argv.join(" ")}: ${stderr}`);
  return { cpuUs: Number(cpu), peakMb: Number(peak) / 1024, code: Number(code), stderr };
}

/** Path of a Node 24, fetched once with npm into .cache/. */
export function node24() {
  const home = join(CACHE, "node24");
  const program = join(home, "node_modules/node/bin/node");
  if (existsSync(program)) return program;
  mkdirSync(home, { recursive: true });
  execFileSync(
    "npm",
    ["install", "--prefix", home, "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "node@24"],
    {
      stdio: "inherit",
    },
  );
  return program;
}
