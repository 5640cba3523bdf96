// What the page asks for, with the token of this tab.
import type { OrderBody, OrderedAnswer, PreviewAnswer } from "../../order-answers.ts";
import type { Given } from "../view/shown.ts";

const TOKEN = "checkd-token";
const PATIENCE_MS = 10_000;

/** The token that was typed into this tab; it is forgotten with it. */
export const storedToken = (): string => sessionStorage.getItem(TOKEN) ?? "";

/** Keeps a token for this tab; an empty one forgets it. */
export const storeToken = (token: string): void =>
  token === "" ? sessionStorage.removeItem(TOKEN) : sessionStorage.setItem(TOKEN, token);

/** Headers that every request has. */
export const headers = (): Record<string, string> =>
  storedToken() === "" ? {} : { authorization: `Bearer ${storedToken()}` };

/** An answer that is no success, in the API's own words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Asks, and gives up after a while: a tab may be woken with a connection that is long dead. */
async function patiently(path: string, init: RequestInit): Promise<Response> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(path, { ...init, signal: giveUp.signal });
    const body = await answer.arrayBuffer();
    return new Response(body, { status: answer.status });
  } finally {
    clearTimeout(timer);
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const type = init.body === undefined ? {} : { "content-type": "application/json" };
  const answer = await patiently(path, { ...init, headers: { accept: "application/json", ...headers(), ...type } });
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const { code = "", message = `checkd answered ${answer.status}` } =
    (body as { readonly error?: { readonly code?: string; readonly message?: string } } | null)?.error ?? {};
  throw new ApiError(answer.status, code, message);
}

const at = (pool: string, target: string): string =>
  `/api/pools/${encodeURIComponent(pool)}/${encodeURIComponent(target)}`;

/** What this page shows, anew; null: the answer is none of the page's. */
export async function readGiven(): Promise<Given | null> {
  const query = new URLSearchParams(location.search);
  query.set("data", "1");
  const get = (): Promise<Response> =>
    patiently(`${location.pathname}?${query}`, { headers: { accept: "text/html", ...headers() } });
  let answer = await get();
  if (answer.status === 401 && storedToken() !== "") {
    // The token was changed; reading may need none.
    storeToken("");
    answer = await get();
  }
  const body: unknown = await answer.json().catch(() => null);
  return typeof body === "object" && body !== null && "shown" in body ? (body as Given) : null;
}

/** What the rules of the pool make of an order. */
export const preview = (pool: string, target: string, order: string): Promise<PreviewAnswer> =>
  ask(`${at(pool, target)}/preview?${new URLSearchParams({ order })}`);

/** Gives an order. */
export const give = (pool: string, target: string, body: OrderBody): Promise<OrderedAnswer> =>
  ask(`${at(pool, target)}/override`, { method: "POST", body: JSON.stringify(body) });

/** Ends the order that stands. */
export const end = (pool: string, target: string, owner: string, reason: string): Promise<OrderedAnswer> =>
  ask(`${at(pool, target)}/override?${new URLSearchParams({ owner, reason })}`, { method: "DELETE" });
