import type { ObservationAnswer, TargetAnswer } from "../../answers.ts";
import { outcomeTone } from "./chain.tsx";
import { Sparkline, Strip } from "./marks.tsx";
import type { Tone } from "./shown.ts";
import { count, dayTime, factName, measure, span, stripWords, verdictTone, verdictWord } from "./words.ts";

interface Entry {
  readonly id: number;
  readonly at: string | null;
  readonly tone: Tone;
  readonly word: string;
  readonly text: string;
}

/** Changes, orders and alarms together, newest first. */
export function entriesOf({ changes, notes }: Pick<TargetAnswer, "changes" | "notes">): readonly Entry[] {
  const entries: Entry[] = [
    ...changes.map((change) => ({
      id: change.id,
      at: change.at,
      tone: verdictTone(change),
      word: verdictWord(change),
      text: change.reason,
    })),
    ...notes.map(({ id, at, code, text }) => ({ id, at, tone: "calm" as const, word: code, text })),
  ];
  return entries.sort((a, b) => b.id - a.id);
}

function Changes({ answer }: { readonly answer: TargetAnswer }) {
  return (
    <ol class="changes">
      {entriesOf(answer).map(({ id, at, tone, word, text }) => (
        <li key={id} class={tone}>
          {at === null ? null : (
            <time dateTime={at}>
              {dayTime(at)} <small>{`${span(at, answer.now)} ago`}</small>
            </time>
          )}{" "}
          <b>{word}</b> <span>{text}</span>
        </li>
      ))}
    </ol>
  );
}

function Observations({ history }: { readonly history: readonly ObservationAnswer[] }) {
  return (
    <details>
      <summary>{`the last ${count(history.length, "observation")}`}</summary>
      <table class="plain">
        <thead>
          <tr>
            {["when (UTC)", "check", "asked by", "took", "outcome", "reason"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...history].reverse().map(({ id, at, check, by, tookMs, outcome, reason }) => (
            <tr key={id} class={outcomeTone(outcome)}>
              <td>{at.slice(11, 23)}</td>
              <td>{check}</td>
              <td>{by}</td>
              <td>{`${tookMs} ms`}</td>
              <td>
                <b>{outcome}</b>
              </td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** What a plot says, for those who do not see it. */
export function plotWords({ target: { trend } }: Pick<TargetAnswer, "target">): string {
  const known = (trend?.values ?? []).filter((value) => value !== null);
  const [latest, most] = [known.at(-1), Math.max(...known)];
  if (trend === null || latest === undefined) return "how long each probe took";
  return `${factName(trend.fact)}: ${measure(trend.fact, latest)} now, ${measure(trend.fact, most)} at most`;
}

/** The last observations as a strip, as a plot and in a table; and what became of them. */
export function History({ answer }: { readonly answer: TargetAnswer }) {
  const { target, history } = answer;
  return (
    <section aria-labelledby="h-history">
      <h2 id="h-history">History</h2>
      <figure>
        <Strip recent={target.recent} />
        {target.trend === null ? null : <Sparkline {...target.trend} />}
        <figcaption>{`${stripWords(target.recent)}; ${plotWords(answer)}`}</figcaption>
        <div id="plot" role="img" aria-label={plotWords(answer)} />
      </figure>
      {history.length === 0 ? null : <Observations history={history} />}
      <h3>What changed</h3>
      <Changes answer={answer} />
    </section>
  );
}
