import type { Band, Shown, Tone } from "./shown.ts";
import { headlineOf, tone } from "./words.ts";

const FILLS: Readonly<Record<Tone, string>> = { bad: "#c5362d", fair: "#d98e04", calm: "#7d8b9b", good: "#2e8b57" };

const poolsOf = (bands: readonly Band[]) => bands.map(({ pool }) => pool);

const toneOf = (shown: Shown): Tone => {
  if (shown.kind === "pools") return headlineOf(poolsOf(shown.bands), shown.scope.pool !== null).tone;
  return shown.kind === "target" ? tone(shown.target.target, shown.target.pool) : "calm";
};

/** The icon of the tab: a disc in the colour of the worst. */
export const iconOf = (shown: Shown): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${FILLS[toneOf(shown)]}"/></svg>`,
  )}`;
