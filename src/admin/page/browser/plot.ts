import uPlot from "uplot";
import type { TargetAnswer } from "../../answers.ts";
import { factName, measure } from "../view/words.ts";

const HEIGHT = 180;
const FILLS = { warn: "--fair-fill", fail: "--bad-fill", unknown: "--calm-fill" } as const;

interface Drawn {
  readonly plot: uPlot;
  readonly key: string;
  readonly host: HTMLElement;
}

let drawn: Drawn | null = null;
let shown: TargetAnswer | null = null;

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = matchMedia("(prefers-color-scheme: dark)");
isDark.addEventListener("change", () => {
  // Its colours are in the canvas.
  if (drawn !== null && shown !== null) drawPlot(drawn.host, shown, true);
});

/** The fact that matters over the last observations, and how long each of them took. */
export function drawPlot(host: HTMLElement, answer: TargetAnswer, anew = false): void {
  shown = answer;
  const fact = answer.target.trend?.fact ?? null;
  const key = `${answer.target.id} ${fact}`;
  const data = dataOf(answer, fact);
  const width = Math.max(240, host.clientWidth);
  if (!anew && drawn !== null && drawn.key === key && drawn.host === host) {
    drawn.plot.setData(data);
    if (drawn.plot.width !== width) drawn.plot.setSize({ width, height: HEIGHT });
    return;
  }
  drawn?.plot.destroy();
  drawn = { plot: new uPlot(optionsOf(fact, width), data, host), key, host };
}

function dataOf({ history }: TargetAnswer, fact: string | null): uPlot.AlignedData {
  const xs = history.map(({ at }) => Date.parse(at) / 1000);
  const took = history.map(({ tookMs }) => tookMs);
  if (fact === null) return [xs, took];
  const values = history.map(({ facts }) => {
    const value = facts[fact];
    return typeof value === "number" ? value : null;
  });
  return [xs, took, values];
}

function optionsOf(fact: string | null, width: number): uPlot.Options {
  const line = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const time = { ...line, space: 90, values: (_: uPlot, times: number[]) => times.map(timeOf) };
  const tookAxis = { ...line, scale: "took", side: fact === null ? 3 : 1, size: 70, grid: { show: fact === null } };
  const factAxis = { ...line, scale: "fact", size: 60 };
  const stroke = color(fact === null ? "--ink" : "--calm-fill");
  const took = { label: "took", scale: "took", stroke, width: 1, points: { show: false } };
  return {
    width,
    height: HEIGHT,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    scales: { took: { range: fromZero }, fact: { range: fromZero } },
    series: [
      { label: "UTC", value: (_, at) => (at === null ? "" : timeOf(at)) },
      { ...took, value: (_, ms) => (ms === null ? "" : `${ms} ms`) },
      ...(fact === null ? [] : [factSeries(fact)]),
    ],
    axes: [
      time,
      { ...tookAxis, values: (_: uPlot, each: number[]) => each.map((ms) => `${ms} ms`) },
      ...(fact === null
        ? []
        : [{ ...factAxis, values: (_: uPlot, each: number[]) => each.map((one) => measure(fact, one)) }]),
    ],
    hooks: { drawClear: [drawOutcomes] },
  };
}

const factSeries = (fact: string): uPlot.Series => ({
  label: factName(fact),
  scale: "fact",
  stroke: color("--ink"),
  width: 2,
  points: { show: false },
  value: (_, value) => (value === null ? "" : measure(fact, value)),
});

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19);

const fromZero = (_: uPlot, _least: number | null, most: number | null): uPlot.Range.MinMax => [
  0,
  (most ?? 0) * 1.1 || 1,
];

/** Behind the lines: when the probe did not pass. */
function drawOutcomes(plot: uPlot): void {
  const { ctx, bbox } = plot;
  const history = shown?.history ?? [];
  ctx.save();
  ctx.globalAlpha = 0.35;
  for (const [index, { at, outcome }] of history.entries()) {
    if (outcome === "pass") continue;
    const from = plot.valToPos(Date.parse(at) / 1000, "x", true);
    const next = history[index + 1];
    const to = next === undefined ? bbox.left + bbox.width : plot.valToPos(Date.parse(next.at) / 1000, "x", true);
    ctx.fillStyle = color(FILLS[outcome]);
    ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height);
  }
  ctx.restore();
}
