import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import { CHECKD } from "./lib/daemon.mjs";
import { atMost } from "./lib/table.mjs";

export const title = "replay of a million observations";

const OBSERVATIONS = 1_000_000;
const TARGETS = 20;

/** A record of a pool in which something fails now and then. */
function writeRecord(file) {
  const fd = openSync(file, "w");
  const at = Date.UTC(2026, 0, 1);
  const targets = Array.from({ length: TARGETS }, (_, index) => ({
    name: `t${index}`,
    host: `10.0.0.${index}`,
    port: 80,
    meta: {},
    part: "member",
  }));
  const line = (value) => `${JSON.stringify({ pool: "web", ...value })}\n`;
  writeSync(fd, line({ began: { group: null, memory: null } }));
  writeSync(fd, line({ input: { kind: "configured", at, policy: defaultPoolPolicy, checks: [defaultPolicy] } }));
  writeSync(fd, line({ input: { kind: "listed", at, targets, complete: true } }));
  for (let from = 0; from < OBSERVATIONS; from += 10_000) {
    let text = "";
    for (let index = from; index < from + 10_000; index += 1) {
      const target = index % TARGETS;
      const outcome = target === 3 && index % 40_000 > 39_000 ? "fail" : "pass";
      const seen = {
        outcome,
        reason: `lag ${index % 7}s`,
        facts: { lagSeconds: index % 7, latencyMs: 1.25 },
        weight: null,
        claim: null,
      };
      text += line({
        input: {
          kind: "observed",
          at: at + index * 100,
          target: `t${target}`,
          check: 0,
          by: "timer",
          tookMs: 1.2,
          seen,
        },
      });
    }
    writeSync(fd, text);
  }
  closeSync(fd);
}

export async function run({ add }) {
  const dir = mkdtempSync(join(tmpdir(), "checkd-replay-"));
  try {
    const file = join(dir, "inputs.ndjson");
    writeRecord(file);
    const begun = performance.now();
    const answer = execFileSync(process.execPath, [CHECKD, "replay", file, "--json"], { maxBuffer: 1 << 28 });
    const seconds = (performance.now() - begun) / 1000;
    const { inputs, targets } = JSON.parse(answer);
    if (inputs !== OBSERVATIONS + 2 || targets[0].outages.length === 0)
      throw new Error(`replayed ${inputs} inputs, ${targets[0].outages.length} outages`);
    add(atMost("1,000,000 observations replayed", [seconds], 10, "s"));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
