import type { Clock, Log } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { failureOf, HaproxyError } from "./answer.ts";
import { converse } from "./conversation.ts";
import { endpointOf } from "./endpoint.ts";
import { type ServerSeen, serversOf } from "./server.ts";
import { parseInfo } from "./table.ts";

/** The process behind a socket; another pid, or an uptime that went back, means that all run-time state is gone. */
export interface ProcessSeen {
  readonly pid: number;
  readonly version: string;
  readonly uptimeSeconds: number;
}

/** HAProxy's Runtime API: one connection for each line, because only that works alike in every version. */
export interface HaproxyClient {
  readonly address: string;
  /** One command, answered whole. */
  ask(command: string, signal: AbortSignal): Promise<string>;
  /** Commands that change something, in as few lines as fit; all are tried, then the first that was refused is thrown. */
  change(commands: readonly string[], signal: AbortSignal): Promise<void>;
  info(signal: AbortSignal): Promise<ProcessSeen>;
  /** The process and its `show servers state`, in one line. */
  snapshot(signal: AbortSignal): Promise<{ readonly process: ProcessSeen; readonly state: string }>;
  /** All servers of a backend by `backend/server`, of all backends when it is null. */
  servers(backend: string | null, signal: AbortSignal): Promise<ReadonlyMap<string, ServerSeen>>;
  /** The same at a quarter of the price, without what only `show stat` knows: sessions, agent and status in words. */
  states(backend: string, signal: AbortSignal): Promise<ReadonlyMap<string, ServerSeen>>;
  /** The text of `show servers state`, as a state file holds it. */
  state(signal: AbortSignal): Promise<string>;
}

/** How a socket is reached. */
export interface ClientOptions {
  /** `/run/haproxy/admin.sock`, `unix@/path`, `host:port`, with `@1` in front for the worker behind a master socket. */
  readonly address: string;
  readonly timeoutMs: Ms;
  readonly clock: Clock;
}

/** HAProxy reads a request into one buffer of 16 kB; far less is enough. */
const LONGEST_LINE = 8000;

/** Puts commands together that are said in one line of bearable length. */
export function groupCommands(commands: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let length = LONGEST_LINE;
  for (const command of commands) {
    length += command.length + "; @1 ".length;
    if (length >= LONGEST_LINE) {
      groups.push([]);
      length = command.length;
    }
    groups.at(-1)?.push(command);
  }
  return groups;
}

/** A client that says nothing that changes anything: each command is logged once instead. */
export function dryClient(client: HaproxyClient, log: Log): HaproxyClient {
  const logged = new Set<string>();
  return {
    ...client,
    change: async (commands) => {
      for (const command of commands.filter((each) => !logged.has(each)))
        log("info", `dry run: would say "${command}" to ${client.address}`);
      for (const command of commands) logged.add(command);
    },
  };
}

/** Makes a client; nothing is connected before it is asked something. */
export function haproxyClient(options: ClientOptions): HaproxyClient {
  const { address, clock, timeoutMs } = options;
  const endpoint = endpointOf(address);
  const { prefix } = endpoint;
  // A master passes on only what has the prefix itself, whatever stands before it in the line.
  const say = (commands: readonly string[], signal: AbortSignal): Promise<string> =>
    converse({ endpoint, address, clock, timeoutMs }, commands.map((command) => prefix + command).join("; "), signal);
  const processIn = (text: string): ProcessSeen => {
    const info = parseInfo(text, ["Pid", "Version", "Uptime_sec"]);
    const pid = Number(info.Pid);
    if (!Number.isInteger(pid)) throw new HaproxyError("refused", `${address}: this is no HAProxy socket`);
    return { pid, version: info.Version ?? "", uptimeSeconds: Number(info.Uptime_sec ?? 0) };
  };
  const states = async (backend: string | null, and: readonly string[], signal: AbortSignal): Promise<string> => {
    const text = await say([`show servers state${backend === null ? "" : ` ${backend}`}`, ...and], signal);
    if (text.includes("# be_id")) return text;
    const what = backend === null ? "no server state" : `there is no backend ${backend}`;
    throw new HaproxyError("unknown", `${address}: ${what}: ${text.trim().slice(0, 200)}`);
  };
  return {
    address,
    ask: (command, signal) => say([command], signal),
    async change(commands, signal) {
      let failure: HaproxyError | null = null;
      for (const group of groupCommands(commands)) {
        // Severities are forgotten between the commands that a master passes on.
        const line = prefix === "" ? ["set severity-output number", ...group] : group;
        const answer = await say(line, signal);
        failure ??= failureOf(group, answer, address);
      }
      if (failure !== null) throw failure;
    },
    info: async (signal) => processIn(await say(["show info"], signal)),
    async snapshot(signal) {
      const text = await say(["show info", "show servers state"], signal);
      const at = text.indexOf("\n1\n# be_id");
      const [info, state] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
      return { process: processIn(info), state };
    },
    async servers(backend, signal) {
      // In this order: an agent check that is not in flight in the first table has had its effect in the second.
      const text = await states(backend, [`show stat ${backend ?? "-1"} 4 -1`], signal);
      const at = text.indexOf("\n# pxname");
      return serversOf(text.slice(0, Math.max(0, at)), at < 0 ? "" : text.slice(at + 1));
    },
    states: async (backend, signal) => serversOf(await states(backend, [], signal), null),
    state: (signal) => say(["show servers state"], signal),
  };
}
