import { useState } from "preact/hooks";
import { storedToken, storeToken } from "./api.ts";

/** Asks for the token where reading needs one. */
export function Login({ done }: { readonly done: () => void }) {
  const [tried, setTried] = useState(false);
  return (
    <form
      class="order"
      onSubmit={(event) => {
        event.preventDefault();
        storeToken(String(new FormData(event.currentTarget).get("token") ?? "").trim());
        setTried(true);
        done();
      }}
    >
      <label>
        token
        <input name="token" type="password" required autocomplete="off" />
      </label>
      <button type="submit">read</button>
      {tried && storedToken() === "" ? (
        <p role="alert" class="bad">
          That is not the token.
        </p>
      ) : null}
    </form>
  );
}
