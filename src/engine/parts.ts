import type { Clock, Log, Part } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { withDeadline } from "./deadline.ts";

/** A part with what only one can have at a time: `port:0.0.0.0:3333`, `file:/run/x`, `pool:web`. */
export interface Piece {
  readonly part: Part;
  readonly holds: readonly string[];
}

/** The parts that run, by key. */
export interface Parts {
  /**
   * Starts what is new, stops what is gone, leaves equal keys alone. When one start fails it throws that error and
   * everything is as before. A part that takes over a hold is started after the one that had it was stopped.
   */
  become(wanted: readonly Piece[]): Promise<void>;
  /** Stops all, in the order they were given in, within `withinMs` in all. */
  stop(withinMs: Ms): Promise<void>;
}

type Why = "exit" | "removed" | "replaced";
interface Running {
  readonly piece: Piece;
  readonly stop: (why: Why) => Promise<void>;
}

/** One part may take so long to start, and to stop. */
const START_MS: Ms = 10_000;
const STOP_MS: Ms = 5000;

/** No part runs yet. */
export function createParts(clock: Clock, log: Log): Parts {
  let running: readonly Running[] = [];
  let last: Promise<unknown> = Promise.resolve();

  const halt = async (one: Running, why: Why, withinMs: Ms = STOP_MS): Promise<void> => {
    try {
      await withDeadline(clock, Math.max(1, withinMs), new AbortController().signal, () => one.stop(why));
    } catch (error) {
      log("warn", `${one.piece.part.key}: did not stop`, { error: describeError(error) });
    }
  };
  const begin: Begin = (piece) => startPiece(piece, clock);
  const haltAll = async (some: readonly Running[], why: Why): Promise<void> => {
    for (const one of some) await halt(one, why);
  };

  async function become(wanted: readonly Piece[]): Promise<void> {
    const plan = planFor(running, wanted);
    const started: Running[] = [];
    try {
      for (const piece of plan.free) started.push(await begin(piece));
      await haltAll(plan.displaced, "replaced");
      try {
        for (const piece of plan.taking) started.push(await begin(piece));
      } catch (error) {
        await haltAll(started.splice(0).reverse(), "replaced");
        const back = await restart(plan.displaced, begin, log);
        running = inOrder(
          [...plan.staying, ...plan.gone, ...back],
          running.map((one) => one.piece),
        );
        throw error;
      }
    } catch (error) {
      await haltAll(started.reverse(), "replaced"); // not "removed": what they have published belongs to the old set
      throw error;
    }
    // Against the flow: an outlet must not see its pool go first, or it would publish an empty one.
    await haltAll([...plan.gone].reverse(), "removed");
    running = inOrder([...plan.staying, ...started], wanted);
  }
  return {
    become(wanted) {
      const done = last.then(() => become(wanted));
      last = done.catch(() => {}); // whoever asked is told; the next change starts from what runs
      return done;
    },
    async stop(withinMs) {
      const due = clock.now() + withinMs;
      const changed = withDeadline(clock, withinMs / 2, new AbortController().signal, () => last);
      await changed.catch((error: unknown) => log("warn", "a change was not over", { error: describeError(error) }));
      const all = running;
      running = [];
      for (const one of all) await halt(one, "exit", due - clock.now());
    },
  };
}

interface Plan {
  readonly staying: readonly Running[];
  /** Gone, and in nobody's way. */
  readonly gone: readonly Running[];
  /** Gone, and holding what a new one needs. */
  readonly displaced: readonly Running[];
  readonly free: readonly Piece[];
  readonly taking: readonly Piece[];
}

function planFor(running: readonly Running[], wanted: readonly Piece[]): Plan {
  const keys = new Set(wanted.map((piece) => piece.part.key));
  const known = new Set(running.map((one) => one.piece.part.key));
  const fresh = wanted.filter((piece) => !known.has(piece.part.key));
  const leaving = running.filter((one) => !keys.has(one.piece.part.key));
  const held = new Set(leaving.flatMap((one) => one.piece.holds));
  const needed = new Set(fresh.flatMap((piece) => piece.holds));
  return {
    staying: running.filter((one) => keys.has(one.piece.part.key)),
    gone: leaving.filter((one) => !one.piece.holds.some((hold) => needed.has(hold))),
    displaced: leaving.filter((one) => one.piece.holds.some((hold) => needed.has(hold))),
    free: fresh.filter((piece) => !piece.holds.some((hold) => held.has(hold))),
    taking: fresh.filter((piece) => piece.holds.some((hold) => held.has(hold))),
  };
}

async function startPiece(piece: Piece, clock: Clock): Promise<Running> {
  const starting = piece.part.start();
  try {
    const { stop } = await withDeadline(clock, START_MS, new AbortController().signal, () => starting);
    return { piece, stop };
  } catch (error) {
    // Should it start after all once its time was up, nobody would stop it.
    starting.then(({ stop }) => stop("replaced")).catch(() => {});
    throw error;
  }
}

type Begin = (piece: Piece) => Promise<Running>;

async function restart(displaced: readonly Running[], begin: Begin, log: Log): Promise<readonly Running[]> {
  const back: Running[] = [];
  for (const { piece } of displaced) {
    try {
      back.push(await begin(piece));
    } catch (error) {
      log("error", `${piece.part.key}: did not come back after a failed change`, { error: describeError(error) });
    }
  }
  return back;
}

function inOrder(running: readonly Running[], wanted: readonly Piece[]): readonly Running[] {
  const place = new Map(wanted.map((piece, index) => [piece.part.key, index]));
  const placeOf = (one: Running): number => place.get(one.piece.part.key) ?? 0;
  return [...running].sort((a, b) => placeOf(a) - placeOf(b));
}
