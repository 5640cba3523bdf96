import type { Settings } from "../config/settings.ts";
import type { Board, Clock, Journal, Log, Orders, Prober } from "../contract.ts";
import type { AgentCounts } from "./metrics/agent.ts";
import type { RenderWatch } from "./metrics/render-watch.ts";
import type { Page, PageGiven } from "./page-door.ts";
import type { RegistryState } from "./registry-watch.ts";

/** What the admin part is given, once for the life of the process. */
export interface AdminGiven {
  readonly board: Board;
  readonly prober: Prober;
  readonly orders: Orders;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** The newest settings in force. */
  settings(): Settings;
  /** How registries were met. */
  registries(): readonly RegistryState[];
  readonly agent: AgentCounts;
  /** What came of rendering. */
  readonly renders: RenderWatch;
  /** Makes the page; null: everybody is answered JSON. */
  readonly page: ((given: PageGiven) => Page) | null;
}
