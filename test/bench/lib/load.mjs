import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { compiled, cpuUs, OTHER_CPU, pinned } from "./cost.mjs";

const run = promisify(execFile);

/** On a machine that is busy with other things the load itself may pause between its connect and its request. */
const MOST_FAILED = 0.005;

/** Polls a port for so many seconds, `inFlight` polls at a time; gives how many were answered, and how many were not. */
export async function load(port, { inFlight, seconds, send = "" }) {
  const [file, ...args] = pinned(OTHER_CPU, [compiled("agent-load"), String(port), String(inFlight), String(seconds)]);
  const { stdout, stderr } = await run(file, send === "" ? args : [...args, send]);
  const [replies, failures, took] = stdout.split(" ").map(Number);
  return { replies, failures, seconds: took, fault: stderr.trim() };
}

/** CPU microseconds that one reply costs the process with its children. */
export async function costOfReply(pid, port, options) {
  const before = cpuUs(pid);
  const { replies, failures, fault } = await load(port, options);
  if (failures > MOST_FAILED * replies)
    throw new Error(`${failures} of ${failures + replies} polls of port ${port} failed: ${fault}`);
  return (cpuUs(pid) - before) / replies;
}
