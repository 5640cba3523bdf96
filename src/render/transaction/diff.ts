// A unified diff of two texts by lines, as `diff -u` prints it.

interface Piece {
  readonly kind: " " | "-" | "+";
  readonly line: string;
}

const CONTEXT = 3;
/** Beyond so many differences the changed middle is shown as a whole: it is no easier to read, and quick. */
const MOST_EDITS = 1000;

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

/** The unified diff; "" when the texts are equal. */
export function unifiedDiff(before: string, after: string, from: string, to: string): string {
  if (before === after) return "";
  const hunks = hunksOf(piecesOf(linesOf(before), linesOf(after)));
  return [`--- ${from}`, `+++ ${to}`, ...hunks, ""].join("\n");
}

function piecesOf(a: readonly string[], b: readonly string[]): Piece[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const same = (line: string): Piece => ({ kind: " ", line });
  const middle = changes(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...a.slice(0, head).map(same), ...middle, ...a.slice(a.length - tail).map(same)];
}

const whole = (a: readonly string[], b: readonly string[]): Piece[] => [
  ...a.map((line): Piece => ({ kind: "-", line })),
  ...b.map((line): Piece => ({ kind: "+", line })),
];

/** Myers' greedy algorithm: the furthest reaching path for each number of edits, then the way back. */
function changes(a: readonly string[], b: readonly string[]): Piece[] {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= most; edits++) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      let x = startOf(reach, k, edits);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a, b);
    }
    reach = new Map(reach);
  }
  return whole(a, b);
}

const at = (reach: ReadonlyMap<number, number>, k: number): number => reach.get(k) ?? -1;

function startOf(reach: ReadonlyMap<number, number>, k: number, edits: number): number {
  const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1));
  return down ? at(reach, k + 1) : at(reach, k - 1) + 1;
}

function walkBack(trace: readonly ReadonlyMap<number, number>[], a: readonly string[], b: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1));
    const beforeX = at(reach, down ? k + 1 : k - 1);
    const beforeY = beforeX - (down ? k + 1 : k - 1);
    while (x > Math.max(beforeX, 0) && y > Math.max(beforeY, 0)) {
      x -= 1;
      y -= 1;
      pieces.push({ kind: " ", line: a[x] ?? "" });
    }
    if (edits === 0) break;
    if (down) pieces.push({ kind: "+", line: b[--y] ?? "" });
    else pieces.push({ kind: "-", line: a[--x] ?? "" });
  }
  return pieces.reverse();
}

interface Window {
  readonly start: number;
  readonly end: number;
}

/** Ranges of pieces around changes, with what stands before and behind them. */
function windows(pieces: readonly Piece[]): readonly Window[] {
  const found: Window[] = [];
  for (const [index, { kind }] of pieces.entries()) {
    if (kind === " ") continue;
    const [start, end] = [Math.max(0, index - CONTEXT), Math.min(pieces.length, index + CONTEXT + 1)];
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) found[found.length - 1] = { start: last.start, end };
    else found.push({ start, end });
  }
  return found;
}

const countOf = (pieces: readonly Piece[], other: Piece["kind"]): number =>
  pieces.reduce((sum, { kind }) => sum + (kind === other ? 0 : 1), 0);

const range = (before: number, count: number): string =>
  count === 1 ? String(before + 1) : `${count === 0 ? before : before + 1},${count}`;

function hunksOf(pieces: readonly Piece[]): string[] {
  const lines: string[] = [];
  let [oldLines, newLines, done] = [0, 0, 0];
  for (const { start, end } of windows(pieces)) {
    const [skipped, shown] = [pieces.slice(done, start), pieces.slice(start, end)];
    oldLines += countOf(skipped, "+");
    newLines += countOf(skipped, "-");
    const [oldCount, newCount] = [countOf(shown, "+"), countOf(shown, "-")];
    lines.push(`@@ -${range(oldLines, oldCount)} +${range(newLines, newCount)} @@`);
    lines.push(...shown.map(({ kind, line }) => `${kind}${line}`));
    oldLines += oldCount;
    newLines += newCount;
    done = end;
  }
  return lines;
}
