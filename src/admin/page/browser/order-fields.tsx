import { useState } from "preact/hooks";
import type { Order } from "./confirm.tsx";

const ORDERS: readonly (readonly [Order, string])[] = [
  ["drain", "no new sessions, those that are there may end"],
  ["maint", "out at once"],
  ["ready", "end the order"],
];
const SPANS = ["15m", "30m", "1h", "2h", "4h", "1d"];

interface FieldsProps {
  /** Whether an order stands already. */
  readonly ordered: boolean;
  /** Who ordered last from this browser. */
  readonly owner: string;
  readonly hasToken: boolean;
}

function Choice({
  ordered,
  order,
  choose,
}: Pick<FieldsProps, "ordered"> & {
  readonly order: Order;
  readonly choose: (order: Order) => void;
}) {
  return (
    <fieldset>
      <legend>order</legend>
      {ORDERS.filter(([value]) => ordered || value !== "ready").map(([value, words]) => (
        <label key={value}>
          <input type="radio" name="order" value={value} checked={order === value} onChange={() => choose(value)} />{" "}
          <b>{value}</b> <small>{words}</small>
        </label>
      ))}
    </fieldset>
  );
}

function Span() {
  return (
    <label>
      for
      <input
        name="for"
        list="spans"
        defaultValue="30m"
        size={8}
        pattern="\d+(\.\d+)?(s|m|h|d)"
        title="30m, 2h or 1d; empty: until it is ended"
        aria-describedby="h-span"
      />
      <datalist id="spans">
        {SPANS.map((span) => (
          <option key={span} value={span} />
        ))}
      </datalist>
      <small id="h-span">empty: until ended</small>
    </label>
  );
}

/** What an order consists of. */
export function OrderFields({ ordered, owner, hasToken }: FieldsProps) {
  const [chosen, choose] = useState<Order | null>(null);
  const order = chosen === null || (chosen === "ready" && !ordered) ? (ordered ? "ready" : "drain") : chosen;
  return (
    <>
      <Choice ordered={ordered} order={order} choose={choose} />
      <label class="wide">
        reason
        <input name="reason" required maxLength={200} placeholder="why, for whoever finds it at night" />
      </label>
      {order === "ready" ? null : <Span />}
      <label>
        who
        <input name="owner" required maxLength={64} defaultValue={owner} autocomplete="username" size={14} />
      </label>
      {hasToken ? null : (
        <label>
          token
          <input name="token" type="password" required autocomplete="off" size={14} />
        </label>
      )}
      <button type="submit">{order === "ready" ? "end the order…" : `${order}…`}</button>
    </>
  );
}
