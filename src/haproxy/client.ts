import { connect, type NetConnectOpts } from "node:net";
import { parseHostPort } from "../config/options.ts";
import type { Clock, Log } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { expectDone, HaproxyError } from "./answer.ts";
import { type ServerSeen, serversOf } from "./server.ts";
import { parseCsv, parseInfo, parseTable } from "./table.ts";

/** The process behind a socket; another pid, or an uptime that went back, means that all run-time state is gone. */
export interface ProcessSeen {
  readonly pid: number;
  readonly version: string;
  readonly uptimeSeconds: number;
}

/** HAProxy's Runtime API: one connection for each line, because only that works alike in every version. */
export interface HaproxyClient {
  readonly address: string;
  /** One line, answered whole. */
  ask(line: string, signal: AbortSignal): Promise<string>;
  /** Commands that change something, joined by `;` into as few lines as fit; throws when one was refused. */
  change(commands: readonly string[], signal: AbortSignal): Promise<void>;
  info(signal: AbortSignal): Promise<ProcessSeen>;
  /** All servers of a backend by `backend/server`, of all backends when it is null. */
  servers(backend: string | null, signal: AbortSignal): Promise<ReadonlyMap<string, ServerSeen>>;
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
const LARGEST_ANSWER = 64 << 20;

interface Endpoint {
  readonly options: NetConnectOpts;
  readonly prefix: string;
  /** A master socket stays open after its answer until we close our side. */
  readonly halfClose: boolean;
}

function endpointOf(address: string): Endpoint {
  const [, worker = "", rest = address] = /^(@1 )?(.*)$/.exec(address.replace(/^@1\s*/, "@1 ")) ?? [];
  const halfClose = worker !== "";
  const path = rest.replace(/^unix@/, "");
  if (path.startsWith("/")) return { options: { path }, prefix: worker, halfClose };
  const tcp = parseHostPort(rest.replace(/^ipv[46]@/, ""));
  if (tcp === null)
    throw new HaproxyError("unreachable", `"${address}" is no socket: write /path/of/socket or host:port`);
  return { options: tcp, prefix: worker, halfClose };
}

function converse(
  { options, halfClose }: Endpoint,
  line: string,
  { clock, timeoutMs, address }: ClientOptions,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ ...options, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (act: () => void): void => {
      cancel();
      signal.removeEventListener("abort", stop);
      socket.destroy();
      act();
    };
    const broken = (why: string, cause?: unknown): void =>
      end(() => fail(new HaproxyError("unreachable", `${address}: ${why}`, { cause })));
    const stop = (): void => broken("given up", signal.reason);
    const cancel = clock.at(clock.now() + timeoutMs, () => broken(`no answer within ${timeoutMs} ms`));
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    socket.once("connect", () => (halfClose ? socket.end(`${line}\n`) : socket.write(`${line}\n`)));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LARGEST_ANSWER) broken("its answer does not end");
    });
    socket.once("end", () => end(() => done(Buffer.concat(chunks).toString())));
    socket.once("error", (error) => broken(describeError(error), error));
  });
}

/** Joins commands into lines of bearable length. */
export function joinCommands(commands: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const command of commands) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + command.length + 2 < LONGEST_LINE)
      lines[lines.length - 1] = `${last}; ${command}`;
    else lines.push(command);
  }
  return lines;
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
  const endpoint = endpointOf(options.address);
  const ask = (line: string, signal: AbortSignal): Promise<string> =>
    converse(endpoint, `${endpoint.prefix}${line}`, options, signal);
  return {
    address: options.address,
    ask,
    async change(commands, signal) {
      for (const line of joinCommands(commands))
        expectDone(line, await ask(`set severity-output number; ${line}`, signal), options.address);
    },
    async info(signal) {
      const info = parseInfo(await ask("show info", signal));
      const pid = Number(info.Pid);
      if (!Number.isInteger(pid)) throw new HaproxyError("refused", `${options.address}: this is no HAProxy socket`);
      return { pid, version: info.Version ?? "", uptimeSeconds: Number(info.Uptime_sec ?? 0) };
    },
    async servers(backend, signal) {
      const [states, stats] = await Promise.all([
        ask(`show servers state${backend === null ? "" : ` ${backend}`}`, signal),
        ask(backend === null ? "show stat -1 4 -1" : `show stat ${backend} 4 -1`, signal),
      ]);
      if (/^Can't find backend/m.test(states) || !states.includes("# be_id"))
        throw new HaproxyError(
          "unknown",
          `${options.address}: ${backend === null ? "no server state" : `there is no backend ${backend}`}: ${states.trim().slice(0, 200)}`,
        );
      return serversOf(parseTable(states), parseCsv(stats));
    },
    state: (signal) => ask("show servers state", signal),
  };
}
