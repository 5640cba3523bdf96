import type { Ms } from "../core/types.ts";

/** When each of some things is due next; news wait until it is quiet, but not for ever. */
export class Agenda<Thing> {
  readonly #due = new Map<Thing, { readonly at: Ms; readonly first: Ms }>();
  #wake = (): void => {};

  /** There is news: due when nothing came for `quietMs`, at the latest after ten times that. */
  mark(thing: Thing, now: Ms, quietMs: Ms): void {
    const known = this.#due.get(thing);
    const first = known === undefined || known.first > now ? now : known.first;
    this.#due.set(thing, { first, at: Math.min(now + quietMs, first + 10 * quietMs) });
    this.#wake();
  }

  /** Due then, unless there is something sooner. */
  retry(thing: Thing, at: Ms): void {
    const known = this.#due.get(thing);
    if (known === undefined || known.at > at) this.#due.set(thing, { at, first: at });
    this.#wake();
  }

  /** When the next is due; null: nothing is. */
  get next(): Ms | null {
    let soonest: Ms | null = null;
    for (const { at } of this.#due.values()) if (soonest === null || at < soonest) soonest = at;
    return soonest;
  }

  /** Takes what is due, and with each what goes together with it and has news too. */
  take(now: Ms, together: (a: Thing, b: Thing) => boolean): readonly Thing[] {
    const due = [...this.#due].filter(([, { at }]) => at <= now).map(([thing]) => thing);
    const company = [...this.#due]
      .filter(([thing, { first }]) => first <= now && due.some((one) => together(one, thing)))
      .map(([thing]) => thing);
    const taken = new Set([...due, ...company]);
    for (const thing of taken) this.#due.delete(thing);
    return [...taken];
  }

  /** Called at every change, until it is called with another. */
  set onChange(wake: () => void) {
    this.#wake = wake;
  }
}
