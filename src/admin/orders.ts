import type { Board, Clock, Orders } from "../contract.ts";
import { parseDuration } from "../core/duration.ts";
import type { PoolView, Row, TargetId } from "../core/types.ts";
import { Refusal } from "./http/refusal.ts";
import type { OrderBody, OrderedAnswer, PreviewAnswer } from "./order-answers.ts";
import { orderAnswerOf } from "./pool-answers.ts";
import { plan, preview } from "./preview.ts";

/** What orders are given through. */
export interface OrdersGiven {
  readonly board: Board;
  readonly orders: Orders;
  readonly clock: Clock;
}

/** A target with its pool. */
export interface Place {
  readonly view: PoolView;
  readonly row: Row;
}

/** Gives an order, unless it would leave fewer than `at_least` and is not forced. */
export async function giveOrder(given: OrdersGiven, { view, row }: Place, body: OrderBody): Promise<OrderedAnswer> {
  const { clock, orders } = given;
  const now = clock.now();
  const forMs = body.for === undefined ? null : parseDuration(body.for);
  const { order, owner, reason, force = false } = body;
  const override = { order, owner, reason, since: now, until: forMs === null ? null : now + forMs };
  const consequences = preview({ view, now }, row.target.name, override);
  if (!force) refuseBreaking(view, consequences);
  const id = idOf(view, row);
  await kept(orders.set(id, override));
  return { target: id, order: orderAnswerOf(clock, override), consequences };
}

/** Ends the order of a target; fine when there is none. */
export async function endOrder(
  { clock, orders }: OrdersGiven,
  { view, row }: Place,
  { owner, reason }: { readonly owner: string; readonly reason: string | null },
): Promise<OrderedAnswer> {
  const consequences = preview({ view, now: clock.now() }, row.target.name, null);
  const id = idOf(view, row);
  await kept(orders.clear(id, reason === null ? owner : `${owner}: ${reason}`));
  return { target: id, order: null, consequences };
}

/** What an order would do. */
export function previewOf(
  { clock }: OrdersGiven,
  { view, row }: Place,
  order: "drain" | "maint" | "ready",
): PreviewAnswer {
  const now = clock.now();
  return preview({ view, now }, row.target.name, order === "ready" ? null : plan(order, now));
}

const idOf = (view: PoolView, row: Row): TargetId => `${view.pool}/${row.target.name}`;

function refuseBreaking(view: PoolView, consequences: PreviewAnswer): void {
  if (!view.settled)
    throw new Refusal(
      409,
      "not_settled",
      `pool ${view.pool} is not settled yet, so nobody knows what would remain: try again in a moment, or send "force": true`,
    );
  // Of a pool with one member everybody knows what remains: refusing would only mean that it takes two tries.
  if (consequences.breaks && consequences.members > 1)
    throw new Refusal(409, "would_break_at_least", `${consequences.text}; send "force": true to order it all the same`);
}

async function kept(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (error) {
    throw new Refusal(
      503,
      "not_kept",
      `the order could not be kept, so it does not stand: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
