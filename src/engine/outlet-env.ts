import type { Delivery, OutletEnv } from "../contract.ts";
import type { TargetId } from "../core/types.ts";
import { envOf, type Inside } from "./inside.ts";

/** What the outlets of a pool are given; `heard` is called when one of them has read back that HAProxy took a `down`. */
export function outletEnvOf(
  inside: Inside,
  pool: string,
  heard: (id: TargetId) => void,
): Omit<OutletEnv, "agentPorts" | "dryRun"> {
  const prefix = `${pool}/` as const;
  return {
    ...envOf(inside),
    pool,
    board: inside.board,
    report(delivery) {
      inside.journal.deliver(pool, delivery);
      if (delivery.about.startsWith(prefix) && tookDown(delivery))
        heard(`${prefix}${delivery.about.slice(prefix.length)}`);
    },
  };
}

/** Told a `down`, and every HAProxy of the outlet shows the server DOWN (or MAINT) afterwards. */
const tookDown = ({ state, told, shown }: Delivery): boolean =>
  state === "synced" && /\bdown\b/.test(told) && /^(DOWN|MAINT)\b/.test(shown ?? "");
