// Runs one server as its child and ends with it. Its standard input is a pipe from the test process:
// when that closes, the test process is gone, and the server is killed.
import { spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";

const [pidFile, file, ...args] = process.argv.slice(2);
const tell = (pid) => {
  writeFileSync(`${pidFile}.new`, String(pid));
  renameSync(`${pidFile}.new`, pidFile);
};
const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"] });
child.once("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  tell(-1);
  process.exitCode = 127;
  process.stdin.destroy();
});
child.once("spawn", () => tell(child.pid));
child.once("exit", (code, signal) => {
  process.exit(code ?? (signal ? 128 : 0));
});
process.stdin.resume().once("close", () => child.kill("SIGKILL"));
process.on("SIGTERM", () => child.kill("SIGTERM"));
process.on("SIGINT", () => child.kill("SIGTERM"));
