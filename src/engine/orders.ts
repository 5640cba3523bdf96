import type { Clock, Log, Orders } from "../contract.ts";
import { formatDuration } from "../core/duration.ts";
import type { Ms, Override, TargetId } from "../core/types.ts";
import { describeError } from "../errors.ts";
import type { KeptOrder, KeptOrders, OrderShelf } from "./order-shelf.ts";

/** What orders work with. */
export interface OrdersGiven {
  readonly clock: Clock;
  readonly log: Log;
  readonly shelf: OrderShelf;
  /** Whether there is such a target now. */
  known(id: TargetId): boolean;
  /** An order began, changed or ended. */
  ordered(id: TargetId, override: Override | null): void;
  /** Who ordered or ended what: kept among what happened to the target. */
  audited?(id: TargetId, text: string): void;
  /** An order without an end stands for a day; null: no longer. */
  forgotten(id: TargetId, text: string | null): void;
}

const LOOK_MS: Ms = 1000;
const DAY_MS: Ms = 86_400_000;
const JUMP_MS = 1000;

/** Operators' orders: kept on a shelf, ended by wall time, so that "until 14:30" means just that after a restart or a clock jump. */
export class LiveOrders implements Orders {
  readonly #given: OrdersGiven;
  readonly #stop = new AbortController();
  #kept: KeptOrders = new Map();
  /** One change after another, each durable before the next. */
  #last: Promise<unknown> = Promise.resolve();
  #offset: number;
  #cancelLook: (() => void) | null = null;
  readonly #old = new Set<TargetId>();

  constructor(given: OrdersGiven) {
    this.#given = given;
    this.#offset = this.#wallOffset();
  }

  /** Reads what was kept; a shelf that cannot be read is an error for people, not a reason to stop. */
  async start(): Promise<void> {
    const { shelf, log } = this.#given;
    try {
      this.#kept = new Map(await shelf.load(this.#stop.signal));
    } catch (error) {
      log("error", "orders of before cannot be read: none stands", { error: describeError(error) });
    }
    shelf.follow((orders) => this.#replace(orders), this.#stop.signal);
    this.#look();
  }

  stop(): void {
    this.#stop.abort(new Error("stopped"));
    this.#cancelLook?.();
    this.#cancelLook = null;
  }

  /** The orders that stand in a pool, by target. */
  standing(pool: string): readonly (readonly [string, Override])[] {
    const prefix = `${pool}/`;
    const mine = [...this.#kept].filter(([id]) => id.startsWith(prefix));
    return mine.map(([id, order]) => [id.slice(prefix.length), this.#steady(order)] as const);
  }

  set(id: TargetId, { order, owner, reason, since, until }: Override): Promise<void> {
    const byMs = this.#wallOffset();
    const kept = { order, owner, reason, since: since + byMs, until: until === null ? null : until + byMs };
    return this.#queue(async () => {
      if (!this.#given.known(id)) throw new Error(`there is no target ${id}`);
      await this.#change(id, kept, owner);
      this.#audit(id, orderWords(kept, this.#given.clock.wall()));
    });
  }

  clear(id: TargetId, owner: string): Promise<void> {
    return this.#queue(async () => {
      const was = this.#kept.get(id);
      if (was === undefined) return;
      await this.#change(id, null, owner);
      this.#audit(id, `${was.order} of ${was.owner} ended by ${owner}`);
    });
  }

  #queue(change: () => Promise<void>): Promise<void> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {}); // whoever asked is told; the next one starts afresh
    return done;
  }

  async #change(id: TargetId, order: KeptOrder | null, by: string): Promise<void> {
    await this.#given.shelf.put(id, order, this.#stop.signal, by);
    this.#keep(id, order);
  }

  #audit(id: TargetId, text: string): void {
    this.#given.log("info", `${id}: ${text}`, { target: id });
    this.#given.audited?.(id, text);
  }

  #keep(id: TargetId, order: KeptOrder | null): void {
    const kept = new Map(this.#kept);
    if (order === null) kept.delete(id);
    else kept.set(id, order);
    this.#kept = kept;
    this.#given.ordered(id, order === null ? null : this.#steady(order));
    this.#look();
  }

  #replace(orders: KeptOrders): void {
    const was = this.#kept;
    for (const [id, { order, owner }] of was) {
      if (orders.has(id)) continue;
      this.#keep(id, null);
      this.#audit(id, `${order} of ${owner} ended at another daemon`);
    }
    for (const [id, order] of orders) {
      if (JSON.stringify(was.get(id)) === JSON.stringify(order)) continue;
      this.#keep(id, order);
      this.#audit(id, `${orderWords(order, this.#given.clock.wall())}, at another daemon`);
    }
  }

  // Wall time can jump, so the end of an order cannot be left to one timer.
  #look(): void {
    this.#cancelLook?.();
    this.#cancelLook = null;
    if (this.#stop.signal.aborted) return;
    this.#followWall();
    const { clock } = this.#given;
    for (const [id, order] of this.#kept) {
      if (order.until !== null && order.until <= clock.wall()) void this.#expire(id, order);
      this.#remind(id, order);
    }
    for (const id of this.#old) this.#unremind(id);
    if (this.#kept.size > 0) this.#cancelLook = clock.at(clock.now() + LOOK_MS, () => this.#look());
  }

  #followWall(): void {
    const offset = this.#wallOffset();
    if (Math.abs(offset - this.#offset) < JUMP_MS) return;
    this.#offset = offset;
    for (const [id, order] of this.#kept) if (order.until !== null) this.#given.ordered(id, this.#steady(order));
  }

  #expire(id: TargetId, order: KeptOrder): Promise<void> {
    return this.#queue(async () => {
      if (this.#kept.get(id) !== order) return;
      try {
        await this.#given.shelf.put(id, null, this.#stop.signal, "its time was up");
      } catch (error) {
        this.#given.log("warn", `${id}: the end of an order could not be kept`, { error: describeError(error) });
      }
      this.#keep(id, null);
      this.#audit(id, `${order.order} of ${order.owner} ended: its time was up`);
    });
  }

  #remind(id: TargetId, order: KeptOrder): void {
    const age = this.#given.clock.wall() - order.since;
    if (order.until !== null || age < DAY_MS || this.#old.has(id)) return;
    this.#old.add(id);
    const text = `${order.order} of ${order.owner} stands for ${formatDuration(age)} without an end: ${order.reason}`;
    this.#given.forgotten(id, text);
  }

  #unremind(id: TargetId): void {
    const order = this.#kept.get(id);
    if (order !== undefined && order.until === null) return;
    this.#old.delete(id);
    this.#given.forgotten(id, null);
  }

  #steady(order: KeptOrder): Override {
    const byMs = this.#wallOffset();
    return {
      ...order,
      since: order.since - byMs,
      until: order.until === null ? null : order.until - byMs,
    };
  }

  #wallOffset(): number {
    return this.#given.clock.wall() - this.#given.clock.now();
  }
}

function orderWords({ order, owner, reason, until }: KeptOrder, wall: number): string {
  const end = until === null ? "" : ` for ${formatDuration(Math.round((until - wall) / 1000) * 1000)}`;
  return `${order} ordered by ${owner}${end}: ${reason}`;
}
