import uPlot from "uplot";
import type { TargetAnswer } from "../answers.ts";

let drawn: { readonly plot: uPlot; readonly fact: string; readonly host: Element } | null = null;

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The fact that matters over the last observations, or how long each took where there is none. */
export function drawPlot(host: HTMLElement, answer: TargetAnswer): void {
  const fact = answer.target.trend?.fact ?? "took";
  const xs = answer.history.map(({ at }) => Date.parse(at) / 1000);
  const ys = answer.history.map(({ facts, tookMs }) => {
    const value = fact === "took" ? tookMs : facts[fact];
    return typeof value === "number" ? value : null;
  });
  const width = Math.max(240, host.clientWidth);
  if (drawn !== null && drawn.fact === fact && drawn.host === host) {
    drawn.plot.setData([xs, ys]);
    drawn.plot.setSize({ width, height: 160 });
    return;
  }
  drawn?.plot.destroy();
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line") }, ticks: { stroke: color("--line") } };
  const label = fact === "took" ? "ms a probe" : fact;
  const plot = new uPlot(
    {
      width,
      height: 160,
      series: [{}, { label, stroke: color("--good"), spanGaps: false, points: { size: 4 } }],
      axes: [axis, axis],
    },
    [xs, ys],
    host,
  );
  drawn = { plot, fact, host };
}
