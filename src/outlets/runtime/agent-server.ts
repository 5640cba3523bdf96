// What HAProxy shows of a server that asks our agent, against the verdict. Pure.
import type { PoolPolicy, Verdict } from "../../core/types.ts";
import { isAnyMaint, isDown, isDrain, isMaint, type ServerSeen } from "../../haproxy/server.ts";
import type { Told } from "./tally.ts";

/** Whether it must be pushed, what is told of it, and what somebody else did to it. */
export interface Compared extends Told {
  readonly push: boolean;
}

/** Compares one server with its verdict. Nothing but a `down` is ever pushed: ups, weights and orders come by the poll. */
export function compareAgentServer(verdict: Verdict, server: ServerSeen, policy: PoolPolicy): Compared {
  return verdict.state === "down" ? compareDown(server) : compareUp(verdict, server, policy);
}

function compareDown(server: ServerSeen): Compared {
  const { status, agentHealth, agentEnabled, agentAsking } = server;
  const told = { told: "down", shown: status };
  if (!agentEnabled) return { ...told, push: false, state: "failed", error: DISABLED };
  // Down by its own check only is not enough: it would come back when that check passes.
  const knows = isDown(server) && agentHealth === 0;
  const taken = (knows || isAnyMaint(server)) && !agentAsking;
  return { ...told, push: !knows && agentHealth !== 0, state: taken ? "synced" : "pending", error: null };
}

const DISABLED = "its agent check is disabled in HAProxy: say `enable agent`";

function compareUp(verdict: Verdict, server: ServerSeen, policy: PoolPolicy): Compared {
  const told = verdict.weight === 100 ? "up" : `up ${verdict.weight}%`;
  const error = verdict.order === null ? driftOf(server, policy) : null;
  const waits = isDown(server) && server.agentHealth === 0;
  const state = error !== null ? "failed" : waits ? "pending" : "synced";
  return { push: false, told, shown: server.status, state, error };
}

/** What somebody else, or HAProxy itself, holds against an `up`; it is respected, and said. */
function driftOf(server: ServerSeen, { haproxyWeight }: PoolPolicy): string | null {
  if (isMaint(server)) return "somebody put it into maintenance on HAProxy";
  if (isAnyMaint(server))
    return "HAProxy has it in maintenance: it tracks another server, or its name does not resolve";
  if (isDrain(server)) return "somebody put it into drain on HAProxy";
  if (!server.agentEnabled) return DISABLED;
  if (isDown(server) && server.agentHealth !== 0) return "HAProxy's own check says down";
  // With percents the agent sets the weight anew at each poll.
  const percents = haproxyWeight !== null;
  if (!percents && server.weight !== server.configuredWeight)
    return `its weight is ${server.weight} instead of ${server.configuredWeight}`;
  return null;
}
