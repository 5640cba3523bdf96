import { join } from "node:path";
import type { Settings } from "../config/settings.ts";
import type { Board, Clock, Journal, Log, Orders, Prober, Registry } from "../contract.ts";
import type { Ms, TargetId } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { LiveBoard } from "./board.ts";
import { withDeadline } from "./deadline.ts";
import { createFirstDue } from "./first-due.ts";
import type { Inside, Observer } from "./inside.ts";
import { LiveJournal } from "./journal.ts";
import { createLoopWatch } from "./loop-watch.ts";
import { fileShelf, type OrderShelf } from "./order-shelf.ts";
import { LiveOrders } from "./orders.ts";
import { type GivenOutletEnv, outletEnvOf } from "./outlet-env.ts";
import { createParts, type Piece } from "./parts.ts";
import { PoolHouse } from "./pool-house.ts";
import { createStore, noStore } from "./store.ts";

const WORTH_SAYING_MS: Ms = 500;
/** However late it is, state gets so long to be written. */
const LEAST_MS: Ms = 200;

/** What an engine is made of. */
export interface EngineGiven {
  readonly clock: Clock;
  readonly log: Log;
  /** Where verdicts, lists and orders survive a restart; null: they do not. */
  readonly stateDir: string | null;
  /** Registries by the names of the newest settings. */
  registry(name: string): Registry;
  readonly observers: readonly Observer[];
  /** Where orders are kept; left out: a file in `stateDir`. */
  readonly orderShelf?: OrderShelf;
}

/** Probes, decides and remembers; what it comes to is read from the board. */
export interface Engine {
  readonly board: Board;
  readonly prober: Prober;
  readonly orders: Orders;
  readonly journal: Journal;
  /**
   * Starts, changes and stops pools and the other parts in one step: `others` is asked once the settings are known to
   * the engine. When anything does not start, it throws and everything goes on as before. Pools come first, and stop first.
   */
  configure(settings: Settings, others?: readonly Piece[]): Promise<void>;
  /** HAProxy is known to have taken the `down` of a target. */
  heard(id: TargetId): void;
  /** What one outlet of a pool is given. */
  outletEnv(pool: string, heard?: (id: TargetId) => void): GivenOutletEnv;
  /** Stops everything in the order of the flow, within `withinMs` in all; what was published stays. */
  stop(withinMs: Ms): Promise<void>;
}

/** Makes an engine; nothing runs before `configure`. */
export function createEngine(given: EngineGiven): Engine {
  const { clock, log, stateDir } = given;
  const house = new PoolHouse((pools) => insideOf(given, pools));
  const { board, journal, store } = house.inside;
  const shelf = given.orderShelf ?? fileShelf(stateDir === null ? null : join(stateDir, "orders.json"));
  const orders = new LiveOrders({
    ...{ clock, log, shelf },
    known: (id) => house.knows(id),
    ordered: (id, override) => house.ordered(id, override),
    forgotten: (id, text) => house.reminded(id, text),
    audited: (id, text) => auditOf(house, id, text),
  });
  const parts = createParts(clock, log);
  let begun: Promise<void> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return {
    board,
    journal,
    orders,
    prober: { refresh: (id, by) => house.refresh(id, by) },
    configure(settings, others = []) {
      const done = last.then(async () => {
        begun ??= orders.start();
        await begun;
        const pieces = settings.pools.map((pool) => house.piece(pool, (name) => orders.standing(name)));
        house.expect(settings.pools);
        await parts.become([...pieces, ...others]).finally(() => house.sweep());
        await store.tidy(settings.pools);
      });
      last = done.catch(() => {}); // whoever asked is told
      return done;
    },
    heard: (id) => house.heard(id),
    outletEnv: (pool, heard = (id) => house.heard(id)) =>
      outletEnvOf(house.inside, pool, { heard, alarm: (...args) => house.alarm(...args) }),
    async stop(withinMs) {
      const within = endsBefore(given, clock.now() + withinMs);
      orders.stop();
      await parts.stop(withinMs);
      await within("connections", () => house.closed());
      await within("state", () => store.flush());
    },
  };
}

/** Runs something to its end, or until it is due; what is late then is said and left. */
function endsBefore({ clock, log }: EngineGiven, due: Ms): (what: string, run: () => Promise<void>) => Promise<void> {
  return (what, run) =>
    withDeadline(clock, Math.max(LEAST_MS, due - clock.now()), new AbortController().signal, run).catch(
      (error: unknown) => log("warn", `${what} did not end in time`, { error: describeError(error) }),
    );
}

/** Who ordered what stands in the journal of the target, as long as there is one. */
function auditOf(house: PoolHouse, id: TargetId, text: string): void {
  const [pool = "", target = ""] = id.split("/");
  if (house.knows(id)) house.inside.journal.enter(pool, target, { code: "order", text, target });
}

function insideOf(given: EngineGiven, pools: Pick<Inside, "turnedUp" | "grown">): Inside {
  const { clock, log, stateDir, observers } = given;
  const stalled = (ms: Ms): void => {
    if (ms >= WORTH_SAYING_MS)
      log("warn", `this process was stalled for ${Math.round(ms)} ms`, { stalledMs: Math.round(ms) });
    for (const observer of observers) observer.stalled?.(ms);
  };
  return {
    clock,
    log,
    watch: createLoopWatch(clock, stalled),
    board: new LiveBoard(log),
    journal: new LiveJournal(clock.wall() * 1000, log),
    store: stateDir === null ? noStore : createStore(stateDir, clock, log),
    observers,
    registry: (name) => given.registry(name),
    firstDue: createFirstDue(clock),
    ...pools,
  };
}
