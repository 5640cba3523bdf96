import type { Ms } from "../core/types.ts";

/** Calls wait in slots this wide, so that everything due within one slot costs one turn of the loop. */
export const SLOT_MS = 10;

interface Entry {
  call: (() => void) | null;
}

/** Calls of one slot; a cancelled one leaves a gap, which costs less than a set. */
interface Slot {
  readonly at: number;
  readonly entries: Entry[];
  live: number;
}

/** Calls kept by the slot of their due time; knows nothing of real time. */
export class TimerWheel {
  readonly #slots = new Map<number, Slot>();
  readonly #failed: (error: unknown) => void;
  #heap: number[] = [];

  /** `failed` is told of a call that threw; the others run all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Remembers a call; returns its cancel. */
  add(due: Ms, call: () => void): () => void {
    const slot = this.#slotAt(Math.ceil(due / SLOT_MS));
    const entry: Entry = { call };
    slot.entries.push(entry);
    slot.live += 1;
    return () => {
      if (entry.call === null) return;
      entry.call = null;
      slot.live -= 1;
      if (slot.live === 0 && this.#slots.get(slot.at) === slot) this.#drop(slot.at);
    };
  }

  /** Start of the first slot that holds a call, null when there is none. */
  next(): Ms | null {
    const at = this.#first();
    return at === null ? null : at * SLOT_MS;
  }

  /** Runs all calls of the slots that have begun by `now`, in order; calls added meanwhile wait for the next run. */
  run(now: Ms): void {
    const due: Slot[] = [];
    for (let at = this.#first(); at !== null && at * SLOT_MS <= now; at = this.#first()) {
      due.push(this.#slotAt(at));
      this.#slots.delete(at);
      pop(this.#heap);
    }
    for (const slot of due) for (const entry of slot.entries) this.#call(entry);
  }

  #call(entry: Entry): void {
    const { call } = entry;
    if (call === null) return;
    entry.call = null;
    try {
      call();
    } catch (error) {
      this.#failed(error);
    }
  }

  #slotAt(at: number): Slot {
    const known = this.#slots.get(at);
    if (known !== undefined) return known;
    const made: Slot = { at, entries: [], live: 0 };
    this.#slots.set(at, made);
    push(this.#heap, at);
    return made;
  }

  #drop(at: number): void {
    this.#slots.delete(at);
    // Cancelled slots stay in the heap until they come up; when they are most of it, it is made anew.
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#slots.size) {
      this.#heap = [...this.#slots.keys()].sort((a, b) => a - b);
    }
  }

  #first(): number | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#slots.has(top)) return top;
      pop(this.#heap);
    }
    return null;
  }
}

function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const up = (at - 1) >> 1;
    const above = heap[up] ?? 0;
    if (above <= value) break;
    heap[at] = above;
    at = up;
  }
  heap[at] = value;
}

function pop(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const left = heap[child] ?? Number.POSITIVE_INFINITY;
    const right = heap[child + 1] ?? Number.POSITIVE_INFINITY;
    const least = Math.min(left, right);
    if (last <= least) break;
    heap[at] = least;
    at = left <= right ? child : child + 1;
  }
  heap[at] = last;
}
