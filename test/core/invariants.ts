import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";

/** What must hold after each step of a random run. */
export type Invariants<State> = Readonly<Record<string, (state: State) => void>>;

/**
 * One test an invariant, all fed by the same 10,000 random runs; `play` makes a run of the random input and calls `look` after each
 * step. A broken invariant is looked for once more by itself, so that its counterexample is the smallest.
 */
export function holdsAlways<Given, State>(
  given: fc.Arbitrary<Given>,
  play: (given: Given, look: (state: State) => void) => void,
  invariants: Invariants<State>,
): void {
  const broken = new Set<string>();
  beforeAll(() => {
    const names = Object.keys(invariants);
    fc.assert(
      fc.property(given, (one) => {
        play(one, (state) => {
          for (const name of names) if (!broken.has(name) && fails(invariants[name], state)) broken.add(name);
        });
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);

  it.each(Object.entries(invariants))(
    "%s",
    (name, look) => {
      if (broken.has(name))
        fc.assert(
          fc.property(given, (one) => play(one, look)),
          { numRuns: 10_000 },
        );
      expect(broken.has(name)).toBe(false);
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
