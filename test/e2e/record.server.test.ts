import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startNginx } from "../servers/nginx.ts";
import { until } from "../servers/process.ts";
import { run, startCheckd } from "./checkd.ts";

const stops: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Replayed {
  readonly timeline: readonly { readonly target: string; readonly verdict: { readonly state: string } | null }[];
  readonly happened: readonly object[];
}

it("a recorded run replays to the verdicts that happened, and with other thresholds to others", async () => {
  const dir = mkdtempSync(join(tmpdir(), "checkd-record-"));
  stops.push(() => rmSync(dir, { recursive: true, force: true }));
  const nginx = await startNginx({ content: "test me\n" });
  stops.push(() => nginx.stop());
  const file = join(dir, "inputs.ndjson");
  const config = (fall: number): object => ({
    record: { file },
    defaults: { every: "100ms", fast: "50ms", timeout: "1s", rise: 2, fall },
    pools: {
      web: {
        check: { type: "http-content", contains: "test me" },
        targets: { a: `127.0.0.1:${nginx.port}`, b: `127.0.0.1:${nginx.port}` },
      },
    },
  });
  const checkd = await startCheckd(config(3));
  const said = (change: RegExp): number => checkd.output().match(change)?.length ?? 0;
  await until("both to be up", () => said(/web\/[ab]: up: /g) === 2);
  for (let round = 1; round <= 3; round += 1) {
    nginx.setContent("broken\n");
    await until("both to be down", () => said(/: up -> down/g) === 2 * round);
    nginx.setContent("test me\n");
    await until("both to be up again", () => said(/: down -> up/g) === 2 * round);
  }
  await checkd.stop();
  const exact = await run(["replay", file, "--json"]);
  expect(exact.code, exact.stderr).toBe(0);
  const { timeline, happened } = JSON.parse(exact.stdout) as Replayed;
  expect(timeline.filter(({ verdict }) => verdict?.state === "down").length).toBeGreaterThanOrEqual(6);
  expect(timeline.map(({ target, verdict }) => ({ target, verdict }))).toEqual(
    happened.map((each) => ({
      target: (each as { target: string }).target,
      verdict: (each as { verdict: object }).verdict,
    })),
  );

  const calmer = join(dir, "calmer.yaml");
  writeFileSync(calmer, JSON.stringify({ ...config(1000), record: undefined }));
  const other = await run(["replay", file, "--conf", calmer]);
  expect(other.stdout).not.toContain("  down");
  expect(other.stdout).toMatch(/web\/a +0ms +0 .* -/);

  writeFileSync(join(dir, "bad.ndjson"), `${readFileSync(file, "utf8").split("\n")[0]}\nnot json\nx\n`);
  const bad = await run(["replay", join(dir, "bad.ndjson")]);
  expect(bad.code).toBe(2);
  expect(bad.stderr).toContain("bad.ndjson:2:");
});
