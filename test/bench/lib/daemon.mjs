import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, until } from "../../servers/process.ts";
import { MEASURED_CPU, pinned } from "./cost.mjs";

/** The built program. */
export const CHECKD = fileURLToPath(new URL("../../../dist/checkd.js", import.meta.url));

/** A checker of the bench's own, as `type` of a check. */
export const checker = (name) => fileURLToPath(new URL(`../checkers/${name}.mjs`, import.meta.url));

/** Starts the built daemon, on the measured core; resolves when everything listens. `cpu` null: on any core. */
export async function startDaemon(config, { node = process.execPath, cpu = MEASURED_CPU, env = {} } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-"));
  const conf = join(dir, "checkd.yaml");
  writeFileSync(conf, JSON.stringify(config));
  const argv = [node, CHECKD, "run", "--conf", conf];
  const daemon = await start(cpu === null ? argv : pinned(cpu, argv), { dir, env });
  const stop = async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  try {
    await until("checkd to run", () => ended || daemon.output().includes(" runs"), 30_000);
    if (ended) throw new Error(`checkd did not start: ${daemon.output()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...daemon, stop };
}

/** Things that were started, stopped in the opposite order. */
export function stopper() {
  const stops = [];
  return {
    keep(running) {
      stops.push(() => running.stop());
      return running;
    },
    later: (stop) => void stops.push(stop),
    async stop() {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
  };
}
