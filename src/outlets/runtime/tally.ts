import type { OutletEnv } from "../../contract.ts";

type State = "pending" | "down" | "away";

/** Collects what every socket shows of a target's `down`: it is told when all of them show it. */
export function createTally(
  env: OutletEnv,
  sockets: number,
): (socket: string, target: string, state: State, shown: string | null) => void {
  const targets = new Map<string, Map<string, State>>();
  return (socket, target, state, shown) => {
    const bySocket = targets.get(target) ?? new Map<string, State>();
    targets.set(target, bySocket.set(socket, state));
    const states = [...bySocket.values()];
    const all = states.length === sockets && states.every((each) => each === "down");
    env.report({
      outlet: "runtime",
      about: `${env.pool}/${target}`,
      state: all ? "synced" : state === "away" ? "failed" : "pending",
      at: env.clock.now(),
      told: "down",
      shown,
      error: state === "away" ? `no answer of ${socket}` : null,
    });
  };
}
