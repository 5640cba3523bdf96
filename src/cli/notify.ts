// systemd's readiness and watchdog protocol (sd_notify(3)). Node has no datagram sockets, so systemd's own program sends.
import { spawn } from "node:child_process";
import type { Clock } from "../contract.ts";

/** Tells the service manager how we are; does nothing where there is none. */
export interface Notifier {
  ready(status: string): void;
  reloading(): void;
  status(text: string): void;
  stopping(): void;
  /** Feeds the watchdog as long as the loop that probes turns. */
  guard(): void;
  end(): void;
}

const SEND_MS = 5000;
const nothing: Notifier = { ready() {}, reloading() {}, status() {}, stopping() {}, guard() {}, end() {} };

/** The notifier of this process; `env` has NOTIFY_SOCKET and WATCHDOG_USEC when systemd started us. */
export function createNotifier(env: NodeJS.ProcessEnv, clock: Clock): Notifier {
  if (env.NOTIFY_SOCKET === undefined || env.NOTIFY_SOCKET === "") return nothing;
  const send = (...words: string[]): void => {
    const child = spawn("systemd-notify", words, { stdio: "ignore", env: { ...env } });
    const cancel = clock.at(clock.now() + SEND_MS, () => child.kill("SIGKILL"));
    child.once("exit", cancel);
    // Without the program nobody can be told; the service goes on all the same.
    child.once("error", cancel);
  };
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1000;
  const forUs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === process.pid;
  let last = "";
  let cancel = (): void => {};
  const feed = (): void => {
    send("WATCHDOG=1");
    cancel = clock.at(clock.now() + watchdogMs / 3, feed);
  };
  return {
    ready: (status) => send("READY=1", `STATUS=${status}`),
    reloading: () => send("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    status(text) {
      if (text !== last) send(`STATUS=${text}`);
      last = text;
    },
    stopping: () => send("STOPPING=1"),
    guard() {
      if (watchdogMs > 0 && forUs) feed();
    },
    end: () => cancel(),
  };
}
