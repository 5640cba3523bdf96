// Small drawings without a line of script: a strip of outcomes, a spark line, a bar of weight.
import { factName, measure, stripWords } from "./words.ts";

const CELLS = 50;
const CELL = 4;
const HEIGHT = 14;
/** Each outcome has a height of its own too: colours are not for everybody. */
const TOPS = { p: 5, w: 2, f: 0, u: 10 } as const;

type Letter = keyof typeof TOPS;
const LETTERS: readonly Letter[] = ["p", "w", "f", "u"];

/** The last outcomes, one cell each, newest right: one path a kind, so that a thousand strips stay light. */
export function Strip({ recent }: { readonly recent: string }) {
  const shown = recent.slice(-CELLS);
  const empty = CELLS - shown.length;
  const path = (letter: Letter): string =>
    [...shown]
      .map((each, index) => (each === letter ? `M${(empty + index) * CELL} ${TOPS[letter]}h3V${HEIGHT}h-3z` : ""))
      .join("");
  const words = stripWords(shown);
  return (
    <svg
      class="strip"
      role="img"
      aria-label={words}
      viewBox={`0 0 ${CELLS * CELL} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <title>{words}</title>
      {empty === 0 ? null : <path class="empty" d={`M0 ${HEIGHT - 1}h${empty * CELL - 1}v1H0z`} />}
      {LETTERS.filter((letter) => shown.includes(letter)).map((letter) => (
        <path key={letter} class={letter} d={path(letter)} />
      ))}
    </svg>
  );
}

/** A fact over the last observations, newest right; gaps where it was not known. */
export function Sparkline({ fact, values }: { readonly fact: string; readonly values: readonly (number | null)[] }) {
  const known = values.filter((value) => value !== null);
  const top = known.reduce((most, value) => Math.max(most, value), 0);
  const latest = known.at(-1);
  if (latest === undefined) return null;
  const label = `${factName(fact)}: ${measure(fact, latest)}, at most ${measure(fact, top)}`;
  return (
    <>
      <svg class="spark" role="img" aria-label={label} viewBox="0 0 100 20" preserveAspectRatio="none">
        <title>{label}</title>
        <path d={sparkPath(values, top)} />
      </svg>
      <small aria-hidden="true">{measure(fact, latest)}</small>
    </>
  );
}

function sparkPath(values: readonly (number | null)[], top: number): string {
  const step = 100 / (CELLS - 1);
  const first = CELLS - values.length;
  let pen = "M";
  return values
    .map((value, index) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const y = top === 0 ? 18 : 18 - (value / top) * 16;
      const point = `${pen}${((first + index) * step).toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
      return point;
    })
    .join("");
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
