import type { Counter, Gauge, Registry } from "prom-client";
import type { Clock } from "../../contract.ts";
import type { Prom } from "./prom.ts";
import type { RenderWatch } from "./render-watch.ts";

/** Metrics of rendered files. */
export function renderMetrics(
  { Counter: C, Gauge: G }: Prom,
  registry: Registry,
  renders: RenderWatch,
  clock: Clock,
): void {
  const registers = [registry];
  new C({
    name: "checkd_renders_total",
    help: "Renderings of a resource, by what came of them.",
    labelNames: ["resource", "result"],
    registers,
    collect(this: Counter) {
      this.reset();
      for (const [resource, { counts }] of renders.resources)
        for (const [result, count] of Object.entries(counts)) this.inc({ resource, result }, count);
    },
  });
  new G({
    name: "checkd_render_ok",
    help: "1 while the last rendering of a resource did not fail.",
    labelNames: ["resource"],
    registers,
    collect(this: Gauge) {
      this.reset();
      for (const [resource, { last }] of renders.resources) this.set({ resource }, Number(last !== "failed"));
    },
  });
  new G({
    name: "checkd_render_age_seconds",
    help: "Time since a resource was rendered.",
    labelNames: ["resource"],
    registers,
    collect(this: Gauge) {
      this.reset();
      for (const [resource, { at }] of renders.resources) this.set({ resource }, Math.max(0, clock.now() - at) / 1000);
    },
  });
}
