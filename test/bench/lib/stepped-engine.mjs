import { createEngine } from "../../../src/engine/engine.ts";
import { TimerWheel } from "../../../src/engine/timer-wheel.ts";

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 50;

const turn = () => new Promise((done) => setImmediate(done));

/** The engine on a clock that is moved: a minute of probes takes as long as their work. */
export async function steppedEngine(settings) {
  let now = START;
  const wheel = new TimerWheel((error) => {
    throw error;
  });
  const clock = { now: () => now, wall: () => now, at: (due, call) => wheel.add(due, call) };
  const registry = () => {
    throw new Error("there is no registry");
  };
  const engine = createEngine({ clock, log: () => {}, stateDir: null, registry, observers: [] });
  await engine.configure(settings);
  return {
    engine,
    async pass(seconds) {
      for (let step = 0; step < (seconds * 1000) / STEP_MS; step++) {
        now += STEP_MS;
        wheel.run(now);
        await turn();
      }
    },
  };
}
