import { useEffect, useRef, useState } from "preact/hooks";
import type { TargetAnswer } from "../../answers.ts";
import type { PreviewAnswer } from "../../order-answers.ts";
import { preview } from "./api.ts";

/** What can be ordered. */
export type Order = PreviewAnswer["order"];

/** An order as it was filled in. */
export interface Wanted {
  readonly order: Order;
  readonly owner: string;
  readonly reason: string;
  /** How long; empty: until it is ended. */
  readonly until: string;
  /** Empty: the one that is known already. */
  readonly token: string;
}

/** Why an order was not taken. */
export interface Refused {
  readonly text: string;
  /** It is when it is said with force. */
  readonly forcible: boolean;
}

interface ConfirmProps {
  readonly answer: TargetAnswer;
  readonly wanted: Wanted;
  /** Gives the order; null when it stands. */
  readonly confirmed: (force: boolean) => Promise<Refused | null>;
  readonly closed: () => void;
}

/** What would follow, or why nobody knows; asked again when the pool has changed. */
function usePreview({ pool, target }: TargetAnswer, order: Order): PreviewAnswer | string | null {
  const [known, setKnown] = useState<PreviewAnswer | string | null>(null);
  const { name, revision } = pool;
  useEffect(() => {
    let current = true;
    preview(name, target.name, order).then(
      (answer) => current && setKnown(answer),
      (error: unknown) => current && setKnown(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      current = false;
    };
  }, [name, target.name, order, revision]);
  return known;
}

const isKnown = (known: PreviewAnswer | string | null): known is PreviewAnswer =>
  typeof known === "object" && known !== null;

/** The consequences by name. */
export function Consequences({ known, own }: { readonly known: PreviewAnswer | string | null; readonly own: string }) {
  if (known === null) return <p>looking what would follow …</p>;
  if (typeof known === "string") return <p class="bad">{known}</p>;
  return (
    <>
      <p class={known.breaks ? "bad remain" : "remain"}>{known.text}</p>
      <ul>
        {known.changes.map(({ target, from, to, reason }) => (
          <li key={target}>
            <b>{target}</b> {`from ${from} to ${to}`}
            {target === own ? "" : ` (${reason})`}
          </li>
        ))}
        {known.changes.length === 0 ? <li>nothing changes now</li> : null}
      </ul>
    </>
  );
}

const wordOf = (order: Order): string => (order === "ready" ? "End the order" : order === "drain" ? "Drain" : "Maint");

/** Asks once more, with all that would follow; what would break `at_least` is not done unless that is said as well. */
export function Confirm({ answer, wanted, confirmed, closed }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const known = usePreview(answer, wanted.order);
  const breaks = wanted.order !== "ready" && (refused?.forcible === true || (isKnown(known) && known.breaks));
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  const until = wanted.order === "ready" ? "" : wanted.until === "" ? ", until it is ended" : ` for ${wanted.until}`;
  const title = `${wordOf(wanted.order)} ${wanted.order === "ready" ? "of " : ""}${answer.target.name}${until}?`;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const news = await confirmed(force);
    setRefused(news);
    setBusy(false);
    // Closing gives the focus back to where it was.
    if (news === null) dialog.current?.close();
  };
  return (
    <dialog ref={dialog} aria-labelledby="h-confirm" onClose={closed}>
      <form onSubmit={(event) => void submit(event)}>
        <h3 id="h-confirm">{title}</h3>
        <Consequences known={known} own={answer.target.name} />
        {refused === null ? null : (
          <p role="alert" class="bad">
            {refused.text}
          </p>
        )}
        {breaks ? <Force force={force} setForce={setForce} /> : null}
        <p class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            cancel
          </button>
          <button type="submit" class="do" disabled={busy || known === null || (breaks && !force)}>
            {wordOf(wanted.order)}
          </button>
        </p>
      </form>
    </dialog>
  );
}

function Force({ force, setForce }: { readonly force: boolean; readonly setForce: (force: boolean) => void }) {
  return (
    <label class="force">
      <input type="checkbox" name="force" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} />
      do it all the same, although fewer remain than at_least asks for
    </label>
  );
}
