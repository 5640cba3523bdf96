import type Consul from "consul";
import type { Clock, Session } from "../../contract.ts";
import { RegistryError } from "../../errors.ts";
import { createFence } from "../fence.ts";
import type { CallOptions, ConsulCaller } from "./client.ts";

/** Consul's least TTL; what is asked below it is raised (Consul, HTTP API, Sessions). */
const LEAST_TTL_MS = 10_000;
const ids = new WeakMap<Session, string>();

/** Consul's id of a session that this driver made. */
export function sessionId(session: Session): string {
  const id = ids.get(session);
  if (id === undefined) throw new RegistryError("refused", "this session belongs to another registry");
  return id;
}

// The library's own session.create has no NodeChecks, and without an empty list a session dies with the agent's serfHealth.
interface RawClient {
  _put(request: object, ...steps: unknown[]): Promise<{ readonly body: { readonly ID: string } }>;
}

async function create(client: Consul, options: CallOptions, ttlMs: number): Promise<string> {
  const raw = client as unknown as RawClient;
  const { token, dc, timeout, ctx } = options;
  const answer = await raw._put({
    name: "session.create",
    path: "/session/create",
    params: {},
    query: dc === undefined ? {} : { dc },
    headers: token === undefined ? {} : { "x-consul-token": token },
    type: "json",
    body: { Name: "checkd", TTL: `${Math.ceil(ttlMs / 1000)}s`, LockDelay: "1s", Behavior: "delete", NodeChecks: [] },
    timeout,
    ctx,
  });
  return answer.body.ID;
}

/** A session that is renewed three times in its TTL; its keys are deleted by Consul when it ends. */
export async function openSession(
  caller: ConsulCaller,
  clock: Clock,
  ttlMs: number,
  signal: AbortSignal,
): Promise<Session> {
  const span = Math.max(ttlMs, LEAST_TTL_MS);
  const begun = clock.now();
  const id = await caller.call(signal, (client, options) => create(client, options, span));
  const fence = createFence(clock, span, begun);
  let cancel = (): void => {};
  fence.lost.addEventListener("abort", () => cancel(), { once: true });

  const renew = async (): Promise<void> => {
    const asked = clock.now();
    try {
      await caller.call(fence.lost, (client, options) => client.session.renew({ id, ...options }));
      fence.renewed(asked);
    } catch (error) {
      if (error instanceof RegistryError && error.kind === "refused") fence.lose("the session is unknown to consul");
    }
    if (!fence.lost.aborted) renewLater();
  };
  const renewLater = (): void => {
    cancel = clock.at(clock.now() + span / 3, () => void renew());
  };
  if (!fence.lost.aborted) renewLater();

  const session: Session = {
    get lost() {
      return fence.lost;
    },
    close: async () => {
      if (fence.lost.aborted) return;
      fence.lose("the session was closed");
      await caller.call(new AbortController().signal, (client, options) => client.session.destroy({ id, ...options }));
    },
  };
  ids.set(session, id);
  return session;
}
