import type { Ms, Target, Trigger } from "../core/types.ts";
import type { Inquiry } from "./inquiry.ts";
import type { Shelf } from "./journal.ts";

/** One target with the inquiries of all checks into it, and those who wait for a fresh look. */
export class WatchedTarget {
  readonly target: Target;
  /** When it came; -Infinity: it was there when its pool began. */
  readonly since: Ms;
  readonly shelf: Shelf;
  #inquiries: readonly Inquiry[] = [];
  #waiting: { readonly done: Promise<void>; readonly end: () => void } | null = null;

  constructor(target: Target, since: Ms, shelf: Shelf) {
    this.target = target;
    this.since = since;
    this.shelf = shelf;
  }

  /** The inquiry of the check at this place. */
  inquiry(place: number): Inquiry | null {
    return this.#inquiries[place] ?? null;
  }

  /** One inquiry a check from now on; those that are not among them are closed. */
  arrange(inquiries: readonly Inquiry[]): void {
    for (const old of this.#inquiries) if (!inquiries.includes(old)) void old.close();
    this.#inquiries = inquiries;
    this.calmed();
  }

  /** Asks all checks; resolves when no change is pending any more. Everybody who waits shares one promise. */
  refresh(by: Trigger): Promise<void> {
    for (const inquiry of this.#inquiries) inquiry.refresh(by);
    if (this.#calm()) return Promise.resolve();
    this.#waiting ??= waiting();
    return this.#waiting.done;
  }

  /** An inquiry has come to rest. */
  calmed(): void {
    if (this.#waiting === null || !this.#calm()) return;
    this.#waiting.end();
    this.#waiting = null;
  }

  /** The numbers of a check changed. */
  replan(): void {
    for (const inquiry of this.#inquiries) inquiry.replan();
  }

  /** Stops asking; nobody waits any longer. */
  async close(): Promise<void> {
    this.#waiting?.end();
    this.#waiting = null;
    await Promise.all(this.#inquiries.map((inquiry) => inquiry.close()));
  }

  #calm(): boolean {
    return this.#inquiries.every((inquiry) => inquiry.calm);
  }
}

function waiting(): { readonly done: Promise<void>; readonly end: () => void } {
  let end = (): void => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end };
}
