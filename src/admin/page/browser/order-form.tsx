import { useRef, useState } from "preact/hooks";
import type { TargetAnswer } from "../../answers.ts";
import { ApiError, end, give, storedToken, storeToken } from "./api.ts";
import { Confirm, type Refused, type Wanted } from "./confirm.tsx";
import { OrderFields } from "./order-fields.tsx";

const OWNER = "checkd-owner";
/** Refusals of the API that `force` overrides. */
const FORCIBLE = ["would_break_at_least", "not_settled"];

interface FormProps {
  readonly answer: TargetAnswer;
  /** Whether there is a token at all. */
  readonly mayOrder: boolean;
  /** Something was changed. */
  readonly done: () => void;
}

/** What was filled in. */
function wantedOf(form: HTMLFormElement): Wanted {
  const data = new FormData(form);
  const word = (name: string): string => String(data.get(name) ?? "").trim();
  const order = word("order");
  return {
    order: order === "maint" || order === "ready" ? order : "drain",
    owner: word("owner"),
    reason: word("reason"),
    until: word("for"),
    token: word("token"),
  };
}

async function send({ pool, target }: TargetAnswer, wanted: Wanted, force: boolean): Promise<string> {
  const { order, owner, reason, until, token } = wanted;
  if (token !== "") storeToken(token);
  if (order === "ready") {
    await end(pool.name, target.name, owner, reason);
    return `The order for ${target.name} is ended.`;
  }
  const span = until === "" ? {} : { for: until };
  await give(pool.name, target.name, { order, owner, reason, ...span, ...(force ? { force } : {}) });
  return `${target.name} is under ${order}.`;
}

/** Orders for one target: filled in, looked at with all that would follow, and only then given. */
export function OrderForm({ answer, mayOrder, done }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [said, setSaid] = useState("");
  const [hasToken, setHasToken] = useState(storedToken() !== "");
  if (!mayOrder)
    return <p class="empty">Orders are off: checkd has no admin.token. Set one in checkd.yaml and reload.</p>;

  const confirmed = async (force: boolean): Promise<Refused | null> => {
    if (wanted === null) return null;
    try {
      setSaid(await send(answer, wanted, force));
      form.current?.reset();
      setHasToken(true);
      done();
      return null;
    } catch (error) {
      const refused = error instanceof ApiError ? error : null;
      if (refused?.status === 401) storeToken("");
      setHasToken(storedToken() !== "");
      const text = error instanceof Error ? error.message : String(error);
      return { text, forcible: FORCIBLE.includes(refused?.code ?? "") };
    }
  };

  return (
    <>
      <form
        ref={form}
        class="order"
        aria-labelledby="h-order"
        onSubmit={(event) => {
          event.preventDefault();
          const filled = wantedOf(event.currentTarget);
          localStorage.setItem(OWNER, filled.owner);
          setSaid("");
          setWanted(filled);
        }}
      >
        <OrderFields
          ordered={answer.target.order !== null}
          owner={localStorage.getItem(OWNER) ?? ""}
          hasToken={hasToken}
        />
      </form>
      <p role="status" class="good">
        {said}
      </p>
      {wanted === null ? null : (
        <Confirm answer={answer} wanted={wanted} confirmed={confirmed} closed={() => setWanted(null)} />
      )}
    </>
  );
}
