import type { CheckAnswer, DeliveryAnswer, StepAnswer, TargetAnswer } from "../../answers.ts";
import type { Tone } from "./shown.ts";
import { clockTime, span } from "./words.ts";

const OUTCOME_TONES = { pass: "good", warn: "fair", fail: "bad", unknown: "calm" } as const;
const JUDGED_TONES = { up: "good", degraded: "fair", down: "bad", unknown: "calm" } as const;
const DELIVERY_TONES = { synced: "good", pending: "fair", failed: "bad" } as const;

/** How an outcome is coloured; null: nothing was seen yet. */
export const outcomeTone = (outcome: CheckAnswer["outcome"]): Tone =>
  outcome === null ? "calm" : OUTCOME_TONES[outcome];

/** What the probe saw. */
function Probed({ check, now }: { readonly check: CheckAnswer; readonly now: string }) {
  const { type, outcome, reason, observedAt, everyMs, cron } = check;
  return (
    <li class={outcomeTone(outcome)}>
      <h3>probe</h3>
      <p>
        <b>{outcome ?? "not asked yet"}</b> {reason}
      </p>
      <small>
        {type} {observedAt === null ? "" : `${span(observedAt, now)} ago, `}
        {cron === null ? `every ${everyMs / 1000}s` : `at ${cron}`}
      </small>
    </li>
  );
}

/** What rise and fall made of it. */
function Judged({ check, now }: { readonly check: CheckAnswer; readonly now: string }) {
  const { state, since, streak, pending, rise, fall, blind, fastMs } = check;
  const of = state === "up" || (state === "degraded" && check.outcome === "fail") ? fall : rise;
  return (
    <li class={JUDGED_TONES[state]}>
      <h3>judged</h3>
      <p>
        <b>{state}</b>
        {blind === null ? "" : ` our own fault, held: ${blind}`}
        {pending ? ` ${streak} of ${of} that change it, asking every ${fastMs / 1000}s` : ""}
      </p>
      <small>{`for ${span(since, now)}; fall ${fall}, rise ${rise}`}</small>
    </li>
  );
}

const RULES: Readonly<Record<StepAnswer["rule"], string>> = {
  judge: "checks together",
  weight: "weight",
  override: "order",
  damping: "damping",
  floor: "floor (at_least)",
  writer: "writer",
  fallback: "fallback",
  brake: "brake",
};

function Ruled({ step }: { readonly step: StepAnswer }) {
  return (
    <li class={step.state === "down" ? "bad" : step.weight === 100 ? "good" : "fair"}>
      <h3>{RULES[step.rule]}</h3>
      <p>
        <b>{step.state === "up" ? `up ${step.weight}%` : "down"}</b> {step.note}
      </p>
    </li>
  );
}

/** What an outlet told, and what was there afterwards. */
function Delivered({ delivery, now }: { readonly delivery: DeliveryAnswer; readonly now: string }) {
  const { outlet, about, state, told, shown, error, at } = delivery;
  return (
    <li class={DELIVERY_TONES[state]}>
      <h3>{outlet}</h3>
      <p>
        <b>{state}</b> told <code>{told}</code>
        {shown === null ? null : (
          <>
            , afterwards it showed <code>{shown}</code>
          </>
        )}
        {error === null ? "" : `: ${error}`}
      </p>
      <small>
        {about} {`${span(at, now)} ago`}
      </small>
    </li>
  );
}

function Agent({ agent }: Pick<TargetAnswer, "agent">) {
  return (
    <li class={agent.changes ? (agent.line.startsWith("down") ? "bad" : "good") : "calm"}>
      <h3>agent line</h3>
      <p>
        <code class="line">{agent.line}</code>
        {agent.changes ? "" : " which changes nothing in HAProxy"}
      </p>
      <small>what HAProxy gets when it polls</small>
    </li>
  );
}

/** From the probe over the rules to what HAProxy showed. */
export function Chain({ answer }: { readonly answer: TargetAnswer }) {
  const { checks, verdict, agent, deliveries, now } = answer;
  return (
    <section aria-labelledby="h-chain">
      <h2 id="h-chain">From the probe to HAProxy</h2>
      <ol class="chain">
        {checks.flatMap((check, index) => [
          <Probed key={`probe ${index}`} check={check} now={now} />,
          <Judged key={`judged ${index}`} check={check} now={now} />,
        ])}
        {(verdict?.chain ?? []).map((step, index) => (
          <Ruled key={`${index} ${step.rule}`} step={step} />
        ))}
        <Agent agent={agent} />
        {deliveries.map((each) => (
          <Delivered key={`${each.outlet} ${each.about}`} delivery={each} now={now} />
        ))}
      </ol>
      <p class="empty">
        {verdict === null ? "No verdict yet. " : ""}
        {deliveries.length === 0 ? "Nothing is pushed or published: HAProxy hears of it by its polls. " : ""}
        {`As of ${clockTime(now)} UTC.`}
      </p>
    </section>
  );
}
