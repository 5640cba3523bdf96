import type { Delivery, OutletEnv } from "../contract.ts";
import type { Alarm, TargetId } from "../core/types.ts";
import { envOf, type Inside } from "./inside.ts";

/** What one outlet of a pool is given but what only the composition root knows, and its end. */
export interface GivenOutletEnv extends Omit<OutletEnv, "agentPorts" | "dryRun"> {
  /** The outlet is there no more: what it could not do is nobody's concern now. */
  over(): void;
}

/** What an outlet's deliveries lead to in its pool. */
export interface OutletEffects {
  /** HAProxy is known to have taken a `down`. */
  heard(id: TargetId): void;
  /** Begins, changes or, with null, ends an alarm. */
  alarm(pool: string, key: string, alarm: Alarm | null): void;
}

/** Code of alarms that outlets have logged themselves. */
export const OUTLET_ALARM = "outlet-failing";

/** Makes what an outlet is given. A failure that concerns no target alone, as too few slots, is an alarm of its pool. */
export function outletEnvOf(inside: Inside, pool: string, effects: OutletEffects): GivenOutletEnv {
  const prefix = `${pool}/` as const;
  const raised = new Set<string>();
  const ofPool = ({ outlet, about, state, error }: Delivery): void => {
    const key = `outlet ${outlet} ${about}`;
    const text = `${outlet} of ${about}: ${error ?? ""}`;
    if (state === "failed") effects.alarm(pool, key, { code: OUTLET_ALARM, text, target: null });
    else if (state === "synced" && raised.has(key)) effects.alarm(pool, key, null);
    if (state === "failed") raised.add(key);
    else if (state === "synced") raised.delete(key);
  };
  return {
    ...envOf(inside),
    pool,
    board: inside.board,
    report(delivery) {
      inside.journal.deliver(pool, delivery);
      if (!delivery.about.startsWith(prefix)) ofPool(delivery);
      else if (tookDown(delivery)) effects.heard(`${prefix}${delivery.about.slice(prefix.length)}`);
    },
    over() {
      for (const key of raised) effects.alarm(pool, key, null);
      raised.clear();
    },
  };
}

/** Told a `down`, and every HAProxy of the outlet shows the server DOWN (or MAINT) afterwards. */
const tookDown = ({ state, told, shown }: Delivery): boolean =>
  state === "synced" && /\bdown\b/.test(told) && /^(DOWN|MAINT)\b/.test(shown ?? "");
