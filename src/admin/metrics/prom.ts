/** The library of metrics, loaded when there is an admin section. */
export type Prom = Pick<
  typeof import("prom-client"),
  "Counter" | "Gauge" | "Histogram" | "Registry" | "collectDefaultMetrics"
>;
