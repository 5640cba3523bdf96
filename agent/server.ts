import type { AgentPort, AgentSettings, Board, Clock, Log, Part, Prober, TargetId } from "../src/index.ts";
import { type Address, readAddress, writeAddress } from "./address.ts";
import { allows } from "./allow.ts";
import type { Told } from "./answers.ts";
import { type Admission, Connections, type Refusal } from "./connections.ts";
import type { Door, Inside } from "./door.ts";
import { httpDoor } from "./http.ts";
import { type Serving, serve } from "./listener.ts";
import { Polls } from "./polls.ts";
import { Replies } from "./replies.ts";
import { askedOf, shown } from "./request.ts";
import { type AgentStats, noCounts } from "./stats.ts";
import { dedicatedPort, sharedPort } from "./tcp.ts";
import { Warnings } from "./warnings.ts";

/** What the agent is given, once for the life of the process. */
export interface AgentGiven {
  readonly board: Board;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly log: Log;
  /** Every peer that polled this target in the last minute was told of its `down`: a hand-over may go on. */
  readonly heard: (id: TargetId) => void;
}

/** A listener, and what no other may have at the same time: `port:3300`, `file:/run/checkd/agent.sock`. */
export interface AgentPart {
  readonly part: Part;
  readonly holds: readonly string[];
}

/** The agent-check server. What it knows of its peers outlives a reload of the configuration. */
export interface Agent {
  /** One a listener: the shared ports, the HTTP doors, the dedicated ports. Throws when an address is none. */
  parts(settings: AgentSettings): readonly AgentPart[];
  readonly stats: AgentStats;
  /** So many HAProxies were seen to have this target down: it is heard, unless more poll and one of them was not told. */
  shown(id: TargetId, haproxies: number): void;
  /** Peers that are answered at once because they hung up on late answers in the last ten minutes. */
  impatient(): readonly { readonly id: TargetId; readonly peer: string }[];
  /** Answers told since start, of the pools that there are. */
  answers(): ReadonlyMap<string, Told>;
}

/** Makes the agent; it listens when the parts are started. */
export function openAgent(given: AgentGiven): Agent {
  const inside = insideOf(given);
  return {
    parts: (settings) => servings(inside, given.board, settings).map((each) => partOf(each, settings)),
    stats: inside.counts,
    shown: (id, haproxies) => inside.polls.shown(id, haproxies),
    impatient: () => inside.polls.impatient(),
    answers: () => inside.polls.answers.of((pool) => given.board.pool(pool) !== null),
  };
}

function insideOf({ board, prober, clock, log, heard }: AgentGiven): Inside {
  const counts = noCounts();
  const warnings = new Warnings(clock, log);
  const unknownName = (name: string, peer: string): void => {
    counts.unknownNames++;
    warnings.warn(`unknown ${name}`, () => `agent: ${peer} asks for ${shown(name)}, which is no target of ours`);
  };
  const refused = (why: Refusal, peer: string): void =>
    warnings.warn(`${why} ${why === "notAllowed" ? peer : ""}`, () =>
      why === "notAllowed"
        ? `agent: ${peer} is not in agent.allow: closed unanswered`
        : `agent: too many connections (the last from ${peer}): closed unanswered`,
    );
  const polls = new Polls({
    ...{ board, prober, clock, counts, heard },
    unknownName: (asked, peer) => unknownName(asked.id, peer),
    impatient: (asked, peer, heldMs) =>
      warnings.warn(
        `impatient ${asked.id} ${peer}`,
        () =>
          `agent: ${peer} hung up on a poll of ${asked.id} after ${Math.round(heldMs)}ms: it is answered at once for 10m ` +
          "(raise its `timeout check`, or lower `wait` of the pool)",
      ),
  });
  const isTarget: Inside["isTarget"] = (asked) => board.get(asked.id) !== null;
  const connections = new Connections(counts, refused);
  return { polls, replies: new Replies(), connections, counts, warnings, isTarget, unknownName };
}

function servings(inside: Inside, board: Board, settings: AgentSettings): Serving[] {
  const by = (address: Address): Admission => ({
    allowed: allows(settings.allow),
    maxConnections: settings.maxConnections,
    maxPerPeer: settings.maxPerPeer,
    timeoutMs: settings.timeoutMs,
    over: address.kind,
  });
  const serving = (who: string, address: Address, open: (admission: Admission) => Door): Serving => {
    return {
      who,
      address,
      ipv6Only: false,
      open: () => open(by(address)),
      failed: (error) => acceptFailed(inside, error),
    };
  };
  const all = [
    ...settings.listen.map((text) => serving("agent.listen", readAddress(text), (door) => sharedPort(inside, door))),
    ...settings.http.map((text) => serving("agent.http", readAddress(text), (door) => httpDoor(inside, board, door))),
    ...settings.ports.map((port) => dedicated(inside, port, serving)),
  ];
  return all.map((each) => ({ ...each, ipv6Only: all.some((other) => sharesPort(each.address, other.address)) }));
}

function dedicated(
  inside: Inside,
  { pool, target, host, port }: AgentPort,
  serving: (who: string, address: Address, open: (by: Admission) => Door) => Serving,
): Serving {
  const asked = askedOf(pool, target);
  return serving(`agent_port of ${asked.id}`, { kind: "tcp", host, port }, (by) => dedicatedPort(inside, by, asked));
}

/** The connection is lost, the listener goes on. */
function acceptFailed({ counts, warnings }: Inside, error: Error): void {
  counts.listenerErrors++;
  warnings.warn("accept", () => `agent: a connection could not be accepted: ${error.message}`);
}

/** An IPv6 listener takes IPv4 as well, unless that port has an IPv4 listener of its own. */
const sharesPort = (one: Address, other: Address): boolean =>
  one.kind === "tcp" && other.kind === "tcp" && one.host.includes(":") && !other.host.includes(":")
    ? one.port === other.port
    : false;

function partOf(what: Serving, { allow, maxConnections, maxPerPeer, timeoutMs }: AgentSettings): AgentPart {
  const limits = JSON.stringify([what.ipv6Only, allow, maxConnections, maxPerPeer, timeoutMs]);
  const { address } = what;
  // By port alone: 0.0.0.0 and an address of this machine are in each other's way.
  const holds = [address.kind === "unix" ? `file:${address.path}` : `port:${address.port}`];
  return { part: { key: `${what.who} ${writeAddress(address)} ${limits}`, start: () => serve(what) }, holds };
}
