/** Steps between two words: a letter more, less, changed, or two neighbours swapped. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      row.push(swapped ? Math.min(steps, at(before, j - 2) + 1) : steps);
    }
    before = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
const plain = (word: string): string => word.toLowerCase().replace(/[-_.\s]/g, "");

/** The allowed word somebody most likely meant; null when none is close. */
export function nearest(word: string, allowed: Iterable<string>): string | null {
  let best: { readonly word: string; readonly steps: number } | null = null;
  for (const candidate of allowed) {
    const steps = distance(plain(word), plain(candidate));
    if (best === null || steps < best.steps) best = { word: candidate, steps };
  }
  return best !== null && best.steps <= Math.max(1, Math.floor(word.length / 3)) ? best.word : null;
}

const MANY = 12;
const FEW = 5;

/** `did you mean "fall"?`, or all words where none is close; of many the closest. */
export function allowedHint(word: string, allowed: Iterable<string>): string {
  const words = [...allowed];
  const close = nearest(word, words);
  if (close !== null) return `did you mean "${close}"?`;
  if (words.length <= MANY) return words.length === 0 ? "there is none" : `allowed: ${words.join(", ")}`;
  // One that holds the word, as lagSeconds holds lag, is nearer than any that is only as short.
  const steps = (candidate: string): number =>
    plain(candidate).includes(plain(word)) ? 0 : distance(plain(word), plain(candidate));
  return `closest: ${words
    .sort((a, b) => steps(a) - steps(b))
    .slice(0, FEW)
    .join(", ")}`;
}
