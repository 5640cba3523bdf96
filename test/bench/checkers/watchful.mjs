import { appendFileSync } from "node:fs";
import { defineChecker, z } from "checkd";

const PASS = { outcome: "pass", reason: "fine", facts: {}, weight: null, claim: null };
const REPORT_MS = 500;

/** Takes up to twice the interval for an answer, and counts probes of a target that began before its last one ended. */
export const checker = defineChecker({
  name: "watchful",
  summary: "counts overlapping probes",
  options: z.strictObject({ longest_ms: z.number(), report: z.string() }),
  facts: {},
  create: ({ longest_ms: longestMs, report }, { clock }) => {
    let probes = 0;
    let overlapping = 0;
    const timer = setInterval(() => appendFileSync(report, `${probes} ${overlapping}\n`), REPORT_MS);
    const open = (target) => {
      const spread = [...target.name].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7) / 997;
      let busy = false;
      let turn = 0;
      return {
        ask(signal) {
          probes += 1;
          if (busy) overlapping += 1;
          busy = true;
          turn += 1;
          const tookMs = longestMs * ((spread + turn * 0.618) % 1);
          return new Promise((done, fail) => {
            const cancel = clock.at(clock.now() + tookMs, () => {
              busy = false;
              done(PASS);
            });
            signal.addEventListener(
              "abort",
              () => {
                cancel();
                busy = false;
                fail(signal.reason);
              },
              { once: true },
            );
          });
        },
        close: async () => {},
      };
    };
    return { open, close: async () => clearInterval(timer) };
  },
});
