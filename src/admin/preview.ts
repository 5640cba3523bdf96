import type { Ms, Override, PoolDecision, PoolView } from "../core/types.ts";
import { imagine, type Scene } from "./explain/imagine.ts";
import { count, verdictWords } from "./explain/words.ts";
import type { PreviewAnswer } from "./order-answers.ts";
import { countOf } from "./standing.ts";

/** An order that is not given yet; null ends the one that stands. */
export type Planned = Override | null;

/** What an order would do: the rules of the pool asked with it and without it. */
export function preview({ view, now }: Scene, name: string, planned: Planned): PreviewAnswer {
  const row = view.rows.get(name);
  const before = imagine({ view, now }, { rows: [] });
  const after = row === undefined ? before : imagine({ view, now }, { rows: [{ ...row, override: planned }] });
  const [was, then] = [served(before, view), served(after, view)];
  const { members, needed } = countOf(view);
  const breaks = planned !== null && then.length < was.length && then.length < needed;
  const answer = {
    order: planned?.order ?? "ready",
    before: was.length,
    after: then.length,
    ...{ members, needed, breaks },
    changes: changesBetween(before, after),
  } as const;
  return { ...answer, text: wordsOf(answer, after) };
}

/** A plan of an order: until it is given it begins now. */
export const plan = (order: Override["order"], now: Ms): Override => ({
  order,
  owner: "preview",
  reason: "preview",
  since: now,
  until: null,
});

const isServed = ({ verdicts }: PoolDecision, name: string): boolean =>
  verdicts.some((one) => one.target.name === name && one.state === "up" && one.weight > 0 && one.order === null);

/** Members that serve in a decision. */
const served = (decision: PoolDecision, view: PoolView): readonly string[] =>
  [...view.rows.values()]
    .filter(({ target }) => target.part === "member" && isServed(decision, target.name))
    .map(({ target }) => target.name);

function changesBetween(before: PoolDecision, after: PoolDecision): PreviewAnswer["changes"] {
  const was = new Map(before.verdicts.map((verdict) => [verdict.target.name, verdictWords(verdict)]));
  return after.verdicts.flatMap((verdict) => {
    const [from, to] = [was.get(verdict.target.name) ?? "no verdict", verdictWords(verdict)];
    return from === to ? [] : [{ target: verdict.target.name, from, to, reason: verdict.reason }];
  });
}

function wordsOf(answer: Omit<PreviewAnswer, "text">, after: PoolDecision): string {
  const { members, needed, breaks } = answer;
  const one = answer.after === 1 || members === 1;
  const verb = `${answer.order === "ready" ? "serve" : "remain"}${one ? "s" : ""}`;
  const backups = after.verdicts.filter(
    ({ target, state, weight }) => target.part === "backup" && state === "up" && weight > 0,
  );
  const instead =
    backups.length > 0 ? `; ${backups.map(({ target }) => target.name).join(", ")} takes over by fallback` : "";
  const why = breaks ? `, fewer than at_least ${needed}` : "";
  const others = after.alarms
    .filter(({ code }) => code === "unfit-kept")
    .map(({ text }) => `; ${text}`)
    .join("");
  return `${answer.after} of ${count(members, "member")} ${verb}${why}${instead}${others}`;
}
