import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";

/** What must hold after each step of a random run. */
export type Invariants<State> = Readonly<Record<string, (state: State) => void>>;

/**
 * One test an invariant, all fed by the same 10,000 random runs; `play` makes a run of the random input and calls `look` after each
 * step. A broken invariant is run once more by itself, from the run that broke it, to make that smaller.
 */
export function holdsAlways<Given, State>(
  given: fc.Arbitrary<Given>,
  play: (given: Given, look: (state: State) => void) => void,
  invariants: Invariants<State>,
): void {
  /** For each broken invariant a run that breaks it. */
  const broken = new Map<string, Given>();
  beforeAll(() => {
    const names = Object.keys(invariants);
    fc.assert(
      fc.property(given, (one) => {
        play(one, (state) => {
          for (const name of names) if (!broken.has(name) && fails(invariants[name], state)) broken.set(name, one);
        });
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);

  it.each(Object.entries(invariants))(
    "%s",
    (name, look) => {
      const one = broken.get(name);
      if (one !== undefined) {
        const run = fc.property(given, (again) => play(again, look));
        fc.assert(run, { numRuns: 1, examples: [[one]] });
      }
      expect(one).toBeUndefined();
    },
    120_000,
  );
}

function fails<State>(look: ((state: State) => void) | undefined, state: State): boolean {
  try {
    look?.(state);
    return false;
  } catch {
    return true;
  }
}

/** Throws unless something holds: much quicker than expect() where it is asked a million times. */
export function demand(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}
