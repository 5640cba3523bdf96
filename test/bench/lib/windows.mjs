import { sleep, start, until } from "../../servers/process.ts";
import { cpuUs, MEASURED_CPU, pinned } from "./cost.mjs";

/** Starts a program of this folder on the measured core; resolves when it says that it is ready. */
export async function startBare(file, args) {
  const running = await start(pinned(MEASURED_CPU, [process.execPath, file, ...args.map(String)]));
  await until("the program to be ready", () => running.output().includes("ready"), 30_000);
  return running;
}

/** CPU microseconds a second of processes that run at the same time, window by window. */
export async function sideBySide(pids, rounds, seconds = 10) {
  const all = [];
  for (let at = 0; at < rounds; at++) {
    const [from, before] = [performance.now(), pids.map(cpuUs)];
    await sleep(seconds * 1000);
    const took = (performance.now() - from) / 1000;
    all.push(pids.map((pid, index) => (cpuUs(pid) - before[index]) / took));
  }
  return all;
}
