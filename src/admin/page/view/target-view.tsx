import type { ComponentChildren } from "preact";
import type { TargetAnswer } from "../../answers.ts";
import { Chain } from "./chain.tsx";
import { Facts } from "./facts.tsx";
import { History } from "./history.tsx";
import { WeightBar } from "./marks.tsx";
import { standing } from "./pool-band.tsx";
import { Shell } from "./shell.tsx";
import { clockTime, dayTime, poolPath, poolTone, span, stateWord, tone } from "./words.ts";

/** What it is now, in one look. */
function Now({ answer: { target, pool, now } }: { readonly answer: TargetAnswer }) {
  const { order, since } = target;
  return (
    <div class={`headline ${tone(target, pool)}`}>
      <h1>
        {target.name} <b>{stateWord(target, pool)}</b> <small>{target.address}</small>
      </h1>
      <p class="reason">{target.reason}</p>
      <p>
        {target.part === "reference" ? null : <WeightBar weight={target.serves ? target.weight : 0} />}{" "}
        {target.serves ? `serves with weight ${target.weight}%` : "takes no traffic"}
        {since === null ? null : (
          <>
            {", for "}
            <time dateTime={since}>{span(since, now)}</time>
            <small>{` since ${dayTime(since)} UTC`}</small>
          </>
        )}
        {target.stale ? ", and was not seen since" : ""}
      </p>
      {order === null ? null : (
        <p class="ordered">
          <b>{order.order}</b> ordered by {order.owner} at {dayTime(order.since)} UTC: {order.reason} (
          {order.until === null ? "no end" : `until ${clockTime(order.until)} UTC, ${span(now, order.until)} to go`})
        </p>
      )}
    </div>
  );
}

const ABOUT: Readonly<Record<string, string>> = {
  verdict: "verdict",
  seen: "seen",
  order: "order",
  pool: "pool",
  told: "told HAProxy",
  change: "would change it",
};

/** Six lines of words, as `checkd explain` says them. */
function Why({ answer: { explain } }: { readonly answer: TargetAnswer }) {
  return (
    <section aria-labelledby="h-why">
      <h2 id="h-why">Why</h2>
      <dl>
        {explain.lines.map(({ about, text }) => (
          <div key={about}>
            <dt>{ABOUT[about] ?? about}</dt>
            {about === "change" && explain.would.length > 1 ? (
              explain.would.map((one) => <dd key={one}>{one}</dd>)
            ) : (
              <dd>{text}</dd>
            )}
          </div>
        ))}
      </dl>
    </section>
  );
}

interface TargetProps {
  readonly answer: TargetAnswer;
  /** The form for orders, where there is script. */
  readonly children?: ComponentChildren;
}

/** Everything about one target: why it is as it is, from the probe to what HAProxy showed. */
export function TargetView({ answer, children }: TargetProps) {
  const { pool } = answer;
  return (
    <>
      <nav aria-label="where you are">
        <a href="/">all pools</a> / <a href={poolPath(pool)}>{pool.name}</a>{" "}
        <span class={poolTone(pool)}>
          <b>{pool.state}</b>
        </span>{" "}
        <small>{standing(pool)}</small>
      </nav>
      <article class="target">
        <Now answer={answer} />
        <Why answer={answer} />
        <section aria-labelledby="h-order">
          <h2 id="h-order">Orders</h2>
          {children}
          <Shell answer={answer} />
        </section>
        <Chain answer={answer} />
        <History answer={answer} />
        <Facts answer={answer} />
      </article>
    </>
  );
}
