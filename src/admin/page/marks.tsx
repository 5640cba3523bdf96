// Small drawings without a line of script: a strip of outcomes, a spark line, a bar of weight.
import { stripWords } from "./words.ts";

const CELL = 4;
const HEIGHT = 14;

/** The last outcomes, one cell each, oldest left: one path a kind, so that a thousand strips stay light. */
export function Strip({ recent }: { readonly recent: string }) {
  const shown = recent.slice(-50);
  const path = (letter: string): string =>
    [...shown]
      .flatMap((each, index) => (each === letter ? [`M${index * CELL} 0h${CELL - 1}v${HEIGHT}h-${CELL - 1}z`] : []))
      .join("");
  return (
    <svg
      class="strip"
      role="img"
      aria-label={stripWords(shown)}
      viewBox={`0 0 ${50 * CELL} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <title>{stripWords(shown)}</title>
      {["p", "w", "f", "u"].map((letter) => (
        <path key={letter} class={letter} d={path(letter)} />
      ))}
    </svg>
  );
}

/** A fact over the last observations; gaps where it was not known. */
export function Sparkline({ fact, values }: { readonly fact: string; readonly values: readonly (number | null)[] }) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return <span class="spark" />;
  const top = Math.max(...known, Number.MIN_VALUE);
  const step = 100 / Math.max(1, values.length - 1);
  let pen = "M";
  const path = values
    .map((value, index) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const point = `${pen}${(index * step).toFixed(1)} ${(18 - (value / top) * 16).toFixed(1)}`;
      pen = "L";
      return point;
    })
    .join("");
  const last = values.at(-1);
  const label = `${fact}: now ${last ?? "unknown"}, at most ${top}`;
  return (
    <svg class="spark" role="img" aria-label={label} viewBox="0 0 100 20" preserveAspectRatio="none">
      <title>{label}</title>
      <path d={path} />
    </svg>
  );
}

/** How much of its share a target gets. */
export function WeightBar({ weight }: { readonly weight: number }) {
  return (
    <svg class="weight" role="img" aria-label={`weight ${weight}%`} viewBox="0 0 100 8" preserveAspectRatio="none">
      <title>{`weight ${weight}%`}</title>
      <rect class="rail" width="100" height="8" />
      <rect class="fill" width={weight} height="8" />
    </svg>
  );
}
