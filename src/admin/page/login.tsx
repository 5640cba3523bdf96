import { storeToken } from "./api.ts";

/** Asks for the token where reading needs one. */
export function Login({ done }: { readonly done: () => void }) {
  return (
    <form
      class="order"
      aria-label="token"
      onSubmit={(event) => {
        event.preventDefault();
        storeToken(String(new FormData(event.currentTarget).get("token") ?? ""));
        done();
      }}
    >
      <label>
        token
        <input name="token" type="password" required autocomplete="off" />
      </label>
      <button type="submit">read</button>
    </form>
  );
}
