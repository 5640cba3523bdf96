// `npm test`: installs what is missing, builds, checks, runs every suite, and ends with `N passed, N failed`.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, checkNode, installPackages, ROOT, run, say } from "./steps.mjs";

checkNode();
installPackages();
const { ensureServers } = await import("./servers.mjs");
try {
  await ensureServers();
} catch (error) {
  say(error.message);
  process.exit(3);
}
build();

const wanted = process.argv.slice(2);
const report = join(ROOT, ".cache/test-report.json");
mkdirSync(join(ROOT, ".cache"), { recursive: true });
rmSync(report, { force: true });
const bin = (name) => join(ROOT, "node_modules/.bin", name);
let broken = 0;
if (wanted.length === 0) {
  for (const [name, args] of [
    ["biome", ["check", "--error-on-warnings", "."]],
    ["tsc", ["--noEmit"]],
    ["tsc", ["--noEmit", "-p", "src/admin/page/tsconfig.json"]],
  ]) {
    say(`checking with ${name}`);
    if (run(bin(name), args) !== 0) broken += 1;
  }
}
const code = run(bin("vitest"), [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...wanted,
]);
let counts = { passed: 0, failed: 1 };
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  // A file that could not even be loaded has no failed test of its own.
  const unloaded = testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  counts = { passed: numPassedTests, failed: numFailedTests + unloaded.length };
} catch (error) {
  say(`no test report: ${error.message}`);
}
if (code !== 0 && counts.failed === 0) counts.failed = 1;
process.stdout.write(`${counts.passed} passed, ${counts.failed + broken} failed\n`);
process.exit(counts.failed + broken === 0 ? 0 : 1);
