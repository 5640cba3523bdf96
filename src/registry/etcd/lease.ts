import type { Etcd3 } from "etcd3";
import type { Clock, Session } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";
import { createFence } from "../fence.ts";

/** A call with the driver's client, deadline and errors. */
type Call = <T>(signal: AbortSignal, ask: (client: Etcd3) => Promise<T>) => Promise<T>;

/** A session that is a lease of etcd's, renewed three times in its TTL; `id` is the lease's. */
export async function openLease(
  call: Call,
  clock: Clock,
  ttlMs: Ms,
  signal: AbortSignal,
): Promise<{ readonly session: Session; readonly id: string }> {
  const ttlSeconds = Math.max(1, Math.ceil(ttlMs / 1000));
  const span = ttlSeconds * 1000;
  const begun = clock.now();
  const { lease, id } = await call(signal, async (client) => {
    // The library's own loop may run twice after a lost connection, and then one of the two never ends.
    const made = client.lease(ttlSeconds, { autoKeepAlive: false });
    return { lease: made, id: await made.grant() };
  });
  const fence = createFence(clock, span, begun);
  let cancel = (): void => {};
  const renew = async (): Promise<void> => {
    const asked = clock.now();
    try {
      await call(fence.lost, () => lease.keepaliveOnce({ deadline: Date.now() + span / 3 }));
      fence.renewed(asked);
    } catch (error) {
      if (hasEnded(error)) fence.lose("etcd has ended the lease");
    }
    if (!fence.lost.aborted) renewLater();
  };
  const renewLater = (): void => {
    cancel = clock.at(clock.now() + span / 3, () => void renew());
  };
  let revoked: Promise<void> = Promise.resolve();
  const end = (): void => {
    cancel();
    revoked = lease.revoke();
    revoked.catch(() => {});
  };
  fence.lost.addEventListener("abort", end, { once: true });
  if (!fence.lost.aborted) renewLater();
  const session: Session = {
    get lost() {
      return fence.lost;
    },
    close: async () => {
      if (fence.lost.aborted) return;
      fence.lose("the session was closed");
      await revoked;
    },
  };
  return { session, id };
}

const hasEnded = (error: unknown): boolean =>
  error instanceof Error && (error.constructor.name === "EtcdLeaseInvalidError" || hasEnded(error.cause));
