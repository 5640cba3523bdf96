import { useEffect, useState } from "preact/hooks";
import type { TargetAnswer } from "../answers.ts";
import type { PreviewAnswer } from "../order-answers.ts";
import { ApiError, api, storedToken, storeToken } from "./api.ts";

const ORDERS = [
  ["drain", "drain: no new sessions"],
  ["maint", "maint: out at once"],
  ["ready", "ready: end the order"],
] as const;
type Order = (typeof ORDERS)[number][0];

const OWNER = "checkd-owner";
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function usePreview(pool: string, target: string, order: Order): PreviewAnswer | string | null {
  const [preview, setPreview] = useState<PreviewAnswer | string | null>(null);
  useEffect(() => {
    let current = true;
    api.preview(pool, target, order).then(
      (answer) => current && setPreview(answer),
      (error: unknown) => current && setPreview(text(error)),
    );
    return () => {
      current = false;
    };
  }, [pool, target, order]);
  return preview;
}

function Consequences({ preview }: { readonly preview: PreviewAnswer | string | null }) {
  if (preview === null) return <p class="consequences">looking what would follow</p>;
  if (typeof preview === "string") return <p class="consequences bad">{preview}</p>;
  return (
    <div class={`consequences ${preview.breaks ? "bad" : ""}`}>
      <p>{preview.text}</p>
      <ul>
        {preview.changes.map((change) => (
          <li key={change.target}>{`${change.target}: ${change.from} to ${change.to} (${change.reason})`}</li>
        ))}
      </ul>
    </div>
  );
}

interface FormProps {
  readonly answer: TargetAnswer;
  readonly done: () => void;
}

/** Orders for one target: what would follow is shown before anything is changed. */
export function OrderForm({ answer, done }: FormProps) {
  const { pool, target } = answer;
  const [order, setOrder] = useState<Order>(target.order === null ? "drain" : "ready");
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const preview = usePreview(pool.name, target.name, order);
  const breaks = typeof preview === "object" && preview?.breaks === true;

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const word = (name: string): string => String(form.get(name) ?? "").trim();
    if (word("token") !== "") storeToken(word("token"));
    localStorage.setItem(OWNER, word("owner"));
    try {
      if (order === "ready") await api.ready(pool.name, target.name, word("owner"), word("reason"));
      else {
        const until = word("for") === "" ? {} : { for: word("for") };
        await api.order(pool.name, target.name, {
          order,
          owner: word("owner"),
          reason: word("reason"),
          ...until,
          ...(breaks ? { force: form.has("force") } : {}),
        });
      }
      setSaid({ text: `${order} is in force`, bad: false });
      done();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) storeToken("");
      setSaid({ text: text(error), bad: true });
    }
  };

  return (
    <form class="order" onSubmit={(event) => void submit(event)} aria-label="order">
      <label>
        order
        <select name="order" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
          {ORDERS.map(([value, words]) => (
            <option key={value} value={value} disabled={value === "ready" && target.order === null}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        reason
        <input name="reason" required maxLength={200} placeholder="why, for whoever finds it at night" />
      </label>
      {order === "ready" ? null : (
        <label>
          for
          <input name="for" pattern="\d+(\.\d+)?(ms|s|m|h|d)" placeholder="30m (empty: until ended)" />
        </label>
      )}
      <label>
        who
        <input name="owner" required maxLength={64} defaultValue={localStorage.getItem(OWNER) ?? ""} />
      </label>
      {storedToken() === "" ? (
        <label>
          token
          <input name="token" type="password" required autocomplete="off" />
        </label>
      ) : null}
      <Consequences preview={preview} />
      {breaks ? (
        <label class="force">
          <input type="checkbox" name="force" required /> do it although fewer remain than at_least asks for
        </label>
      ) : null}
      <button type="submit">{order === "ready" ? "end the order" : `order ${order}`}</button>
      {said === null ? null : (
        <p role={said.bad ? "alert" : "status"} class={said.bad ? "bad" : "good"}>
          {said.text}
        </p>
      )}
    </form>
  );
}
