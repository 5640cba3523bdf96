import type { TargetAnswer } from "../../answers.ts";
import { factText } from "./words.ts";

interface ListProps {
  readonly title: string | null;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

function List({ title, facts }: ListProps) {
  const entries = Object.entries(facts);
  if (entries.length === 0) return null;
  return (
    <>
      {title === null ? null : <h3>{title}</h3>}
      <dl>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{factText(value)}</code>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** What was measured last, by each check, and what the source says; as it came. */
export function Facts({ answer: { checks, meta } }: { readonly answer: TargetAnswer }) {
  const none = checks.every(({ facts }) => Object.keys(facts).length === 0) && Object.keys(meta).length === 0;
  return (
    <section class="facts" aria-labelledby="h-facts">
      <h2 id="h-facts">Raw facts</h2>
      {none ? <p class="empty">The last probe measured nothing.</p> : null}
      {checks.map(({ type, facts }, index) => (
        <List key={`${index} ${type}`} title={type} facts={facts} />
      ))}
      <List title="from the source" facts={meta} />
    </section>
  );
}
