import type { Moment } from "./shown.ts";
import { clockTime, dayTime, span } from "./words.ts";

/** What happened lately, newest first; nobody is told of it aloud. */
export function Lately({ moments, now }: { readonly moments: readonly Moment[]; readonly now: string }) {
  return (
    <aside class="lately" aria-labelledby="h-lately">
      <h2 id="h-lately">Lately</h2>
      {moments.length === 0 ? <p class="empty">nothing yet</p> : null}
      <ol>
        {moments.map((moment) => (
          <li key={`${moment.at} ${moment.pool} ${moment.target} ${moment.word}`} class={moment.tone}>
            <time dateTime={moment.at} title={`${dayTime(moment.at)} UTC`}>
              {`${clockTime(moment.at)} `}
              <small>{`${span(moment.at, now)} ago`}</small>
            </time>{" "}
            <Place moment={moment} /> <b>{moment.word}</b> <span>{moment.text}</span>
          </li>
        ))}
      </ol>
    </aside>
  );
}

// A pool's group is not always known here; its page is found by its own name as well.
function Place({ moment: { pool, target } }: { readonly moment: Moment }) {
  const path = [pool, pool, ...(target === null ? [] : [target])].map(encodeURIComponent).join("/");
  return <a href={`/${path}`}>{target === null ? pool : `${pool}/${target}`}</a>;
}
