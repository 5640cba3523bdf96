import type { AdminSettings } from "../config/settings.ts";
import type { TargetId } from "../core/types.ts";
import { withDeadline } from "../engine/deadline.ts";
import { Chronicle } from "./chronicle.ts";
import { EventHub } from "./events/hub.ts";
import type { AdminGiven } from "./given.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import type { Prom } from "./metrics/prom.ts";
import type { Page } from "./page-door.ts";
import { Reader } from "./reader.ts";

/** What all routes share. */
export interface Inside {
  readonly given: AdminGiven;
  readonly reader: Reader;
  readonly chronicle: Chronicle;
  readonly hub: EventHub;
  readonly metrics: Metrics;
  readonly page: Page | null;
  /** The newest admin section. */
  admin(): AdminSettings;
  /** Probes a target; resolves when no change is pending, or after a while. */
  probed(id: TargetId): Promise<void>;
}

const PROBED_MS = 5000;
const NOTHING: AdminSettings = { listen: "", token: null, read: "token" };

/** Makes what all routes share. */
export function createInside(given: AdminGiven, prom: Prom): Inside {
  const { board, journal, clock, version, prober } = given;
  const chronicle = new Chronicle(journal, clock, new AbortController().signal);
  const reader = new Reader({ board, journal, clock, chronicle, settings: () => given.settings() });
  const typesOf = (pool: string): readonly string[] => {
    const view = board.pool(pool);
    return view === null ? [] : reader.typesOf(view);
  };
  const cameAt = chronicle.cameAt.bind(chronicle);
  const hub = new EventHub({ journal, clock, version, typesOf, cameAt });
  const events = () => hub.counts;
  return {
    ...{ given, reader, chronicle, hub },
    metrics: createMetrics(prom, { ...given, registries: () => given.registries(), chronicle, typesOf, events }),
    page: given.page?.({ reader, version }) ?? null,
    admin: () => given.settings().admin ?? NOTHING,
    async probed(id) {
      const never = new AbortController().signal;
      await withDeadline(clock, PROBED_MS, never, () => prober.refresh(id, "request")).catch(() => {}); // late: as it is known
    },
  };
}
