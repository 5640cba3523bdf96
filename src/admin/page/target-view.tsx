import type { DeliveryAnswer, StepAnswer, TargetAnswer } from "../answers.ts";
import { Strip, WeightBar } from "./marks.tsx";
import { factText, poolPath, span, stateWord, tone } from "./words.ts";

function Chain({ steps }: { readonly steps: readonly StepAnswer[] }) {
  return (
    <ol class="chain">
      {steps.map((step, index) => (
        <li key={`${index} ${step.rule}`} class={step.state}>
          <b>{step.rule}</b>
          <span>{`${step.state}${step.weight < 100 ? ` ${step.weight}%` : ""}`}</span>
          <span>{step.note}</span>
        </li>
      ))}
    </ol>
  );
}

function Deliveries({ deliveries, now }: { readonly deliveries: readonly DeliveryAnswer[]; readonly now: string }) {
  if (deliveries.length === 0)
    return <p class="empty">nothing is pushed or published; HAProxy hears it by its polls</p>;
  return (
    <table>
      <thead>
        <tr>
          {["where", "state", "told", "shown afterwards", "ago"].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {deliveries.map((each) => (
          <tr
            key={`${each.outlet} ${each.about}`}
            class={each.state === "failed" ? "bad" : each.state === "synced" ? "good" : "fair"}
          >
            <th scope="row">
              {each.outlet} <small>{each.about}</small>
            </th>
            <td>{each.state}</td>
            <td>{each.told}</td>
            <td>{each.error ?? each.shown ?? ""}</td>
            <td>{span(each.at, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Facts({ answer }: { readonly answer: TargetAnswer }) {
  const facts = [...Object.entries(answer.target.facts), ...Object.entries(answer.meta)];
  if (facts.length === 0) return <p class="empty">none</p>;
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{factText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Past({ answer }: { readonly answer: TargetAnswer }) {
  const changes = [...answer.changes].reverse();
  return (
    <ul class="past">
      {changes.map((change) => (
        <li key={change.id} class={change.state}>
          <time dateTime={change.at}>{change.at.slice(0, 19).replace("T", " ")}</time>
          <b>{`${change.order ?? change.state}${change.state === "up" && change.weight < 100 ? ` ${change.weight}%` : ""}`}</b>
          <span>{change.reason}</span>
        </li>
      ))}
      {[...answer.notes].reverse().map((note) => (
        <li key={`note ${note.id}`}>
          <time dateTime={note.at ?? undefined}>{note.at?.slice(0, 19).replace("T", " ") ?? ""}</time>
          <b>{note.code}</b>
          <span>{note.text}</span>
        </li>
      ))}
    </ul>
  );
}

/** Everything about one target: why it is as it is, from the probe to what HAProxy showed. */
export function TargetView({
  answer,
  children,
}: {
  readonly answer: TargetAnswer;
  readonly children?: preact.ComponentChildren;
}) {
  const { target, pool, verdict, now } = answer;
  return (
    <article class={`target ${tone(target)}`}>
      <nav aria-label="where you are">
        <a href="/">all pools</a> / <a href={poolPath(pool)}>{pool.name}</a>
      </nav>
      <h1>
        {target.name} <small>{target.address}</small>
      </h1>
      <p class="verdict">
        <b>{stateWord(target)}</b> <WeightBar weight={target.serves ? target.weight : 0} /> {target.reason}
        <small>{target.since === null ? "" : `for ${span(target.since, now)}`}</small>
      </p>
      <section aria-labelledby="h-why">
        <h2 id="h-why">Why</h2>
        <dl class="explain">
          {answer.explain.lines.map((line) => (
            <div key={line.about}>
              <dt>{line.about}</dt>
              <dd>{line.text}</dd>
            </div>
          ))}
        </dl>
        {answer.explain.would.length === 0 ? null : (
          <ul>
            {answer.explain.would.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </section>
      {children}
      <section aria-labelledby="h-chain">
        <h2 id="h-chain">From the probe to HAProxy</h2>
        {answer.checks.map((check) => (
          <p key={check.type} class="probe">
            <b>{check.type}</b> {check.outcome ?? "not asked yet"}: {check.reason ?? ""}{" "}
            <small>{check.observedAt === null ? "" : `${span(check.observedAt, now)} ago`}</small>
          </p>
        ))}
        {verdict === null ? <p class="empty">no verdict yet</p> : <Chain steps={verdict.chain} />}
        <p>
          The agent says <code>{answer.agent.line}</code>
          {answer.agent.changes ? "" : " which changes nothing"}
        </p>
        <Deliveries deliveries={answer.deliveries} now={now} />
      </section>
      <section aria-labelledby="h-history">
        <h2 id="h-history">History</h2>
        <Strip recent={target.recent} />
        <div id="plot" data-fact={target.trend?.fact ?? ""} />
        <Past answer={answer} />
      </section>
      <section aria-labelledby="h-facts">
        <h2 id="h-facts">Facts</h2>
        <Facts answer={answer} />
      </section>
    </article>
  );
}
