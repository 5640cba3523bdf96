// The API as the page uses it, with the token of this tab.
import type { PoolAnswer, PoolsAnswer, TargetAnswer } from "../answers.ts";
import type { OrderBody, OrderedAnswer, PreviewAnswer } from "../order-answers.ts";

const TOKEN = "checkd-token";

/** The token that was typed into this tab; it is forgotten with it. */
export const storedToken = (): string => sessionStorage.getItem(TOKEN) ?? "";

/** Keeps a token for this tab. */
export const storeToken = (token: string): void => sessionStorage.setItem(TOKEN, token);

/** Headers that every request has. */
export const headers = (): Record<string, string> =>
  storedToken() === "" ? {} : { authorization: `Bearer ${storedToken()}` };

/** An answer that is no success, in the API's own words. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(path, {
    ...init,
    headers: { ...headers(), ...(init.body === undefined ? {} : { "content-type": "application/json" }) },
  });
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const said = (body as { error?: { message?: string } } | null)?.error?.message;
  throw new ApiError(answer.status, said ?? `checkd answered ${answer.status}`);
}

const at = (pool: string, target: string): string =>
  `/api/pools/${encodeURIComponent(pool)}/${encodeURIComponent(target)}`;

/** All of a list that comes in pieces. */
async function whole<T extends { readonly next: string | null }>(
  first: string,
  join: (all: T, more: T) => T,
): Promise<T> {
  let all = await ask<T>(first);
  while (all.next !== null)
    all = join(all, await ask<T>(`${first}${first.includes("?") ? "&" : "?"}after=${encodeURIComponent(all.next)}`));
  return all;
}

/** Reads and changes of the API. */
export const api = {
  pools: (): Promise<PoolsAnswer> =>
    whole<PoolsAnswer>("/api/pools", (all, more) => ({ ...more, pools: [...all.pools, ...more.pools] })),
  pool: (name: string): Promise<PoolAnswer> =>
    whole<PoolAnswer>(`/api/pools/${encodeURIComponent(name)}`, (all, more) => ({
      ...more,
      targets: [...all.targets, ...more.targets],
    })),
  target: (pool: string, target: string): Promise<TargetAnswer> => ask(at(pool, target)),
  preview: (pool: string, target: string, order: string): Promise<PreviewAnswer> =>
    ask(`${at(pool, target)}/preview?order=${order}`),
  order: (pool: string, target: string, body: OrderBody): Promise<OrderedAnswer> =>
    ask(`${at(pool, target)}/override`, { method: "POST", body: JSON.stringify(body) }),
  ready: (pool: string, target: string, owner: string, reason: string): Promise<OrderedAnswer> =>
    ask(`${at(pool, target)}/override?${new URLSearchParams({ owner, reason })}`, { method: "DELETE" }),
};
