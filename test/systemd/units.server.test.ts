import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/steps.mjs";
import { startCheckd } from "../e2e/checkd.ts";
import { tempDir, until } from "../servers/process.ts";

const UNITS = join(ROOT, "systemd");
const services = readdirSync(UNITS).filter((file) => file.endsWith(".service"));
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe("the units", () => {
  it("pass systemd's own verification, with the programs they name", () => {
    const root = tempDir("units");
    for (const dir of ["etc/systemd/system", "usr/bin", "bin"]) mkdirSync(join(root, dir), { recursive: true });
    for (const file of readdirSync(UNITS).filter((each) => /\.(service|timer)$/.test(each))) {
      const text = readFileSync(join(UNITS, file), "utf8").replace(/\/usr\/bin\/(check\w+)/g, join(root, "usr/bin/$1"));
      writeFileSync(join(root, file), text);
    }
    for (const name of ["checkd", "checkmysqlslave"]) {
      copyFileSync("/bin/true", join(root, "usr/bin", name));
      chmodSync(join(root, "usr/bin", name), 0o755);
    }
    const files = readdirSync(root)
      .filter((each) => /\.(service|timer)$/.test(each))
      .map((each) => join(root, each.replace("@.", "@slave3301.")));
    for (const template of readdirSync(root).filter((each) => each.includes("@.")))
      copyFileSync(join(root, template), join(root, template.replace("@.", "@slave3301.")));
    const done = spawnSync("systemd-analyze", ["verify", "--man=no", "--generators=no", ...files], {
      encoding: "utf8",
    });
    const ours = `${done.stdout}${done.stderr}`.split("\n").filter((line) => /check(d|mysqlslave)/.test(line));
    expect(ours).toEqual([]);
  });

  it.each(services)("%s exposes little: 2.0 at most", (file) => {
    const done = spawnSync(
      "systemd-analyze",
      ["security", "--offline=yes", "--threshold=20", "--no-pager", join(UNITS, file)],
      { encoding: "utf8" },
    );
    expect(done.stdout + done.stderr).toMatch(/exposure level/);
    expect(
      done.status,
      `${done.stdout}${done.stderr}`
        .split("\n")
        .filter((line) => line.includes("✗"))
        .join("\n"),
    ).toBe(0);
  });
});

describe("readiness and the watchdog", () => {
  /** A service manager's socket: every datagram that arrives. */
  function notifySocket(): { readonly path: string; received(): string } {
    const path = join(tempDir("notify"), "notify.sock");
    const receiver = spawn("socat", ["-u", `UNIX-RECV:${path}`, "STDOUT"], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    receiver.stdout.on("data", (chunk) => {
      text += `${chunk}\n`;
    });
    stops.push(async () => receiver.kill("SIGKILL"));
    return { path, received: () => text };
  }

  it("says READY once it serves, feeds the watchdog, says RELOADING and READY again, and STOPPING", async () => {
    const socket = notifySocket();
    await until("the socket", () =>
      execFileSync("sh", ["-c", `test -S ${socket.path} && echo yes || true`], { encoding: "utf8" }).trim(),
    );
    const config = { pools: { web: { check: { type: "tcp" }, targets: { a: "127.0.0.1:1" } } } };
    const checkd = await startCheckd(config, [], { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "900000" });
    stops.push(() => checkd.stop());
    await until("READY", () => socket.received().includes("READY=1"));
    expect(socket.received()).toMatch(/STATUS=1 pools, \d of 1 targets up/);
    await until("three meals for the watchdog", () => socket.received().split("WATCHDOG=1").length > 3);
    checkd.signal("SIGSTOP");
    await new Promise((done) => setTimeout(done, 300));
    const before = socket.received().split("WATCHDOG=1").length;
    await new Promise((done) => setTimeout(done, 1200));
    expect(socket.received().split("WATCHDOG=1").length).toBe(before);
    checkd.signal("SIGCONT");
    await checkd.reload(config);
    await until("RELOADING and READY", () => /RELOADING=1[\s\S]*READY=1/.test(socket.received()));
    checkd.signal("SIGTERM");
    await checkd.exited;
    await until("STOPPING", () => socket.received().includes("STOPPING=1"));
  });
});
