import type { Op } from "../../contract.ts";
import { RegistryError } from "../../errors.ts";
import { canonicalKey } from "../keys.ts";
import { type Answer, type ConsulCaller, responseOf } from "./client.ts";
import { sessionId } from "./session.ts";

/** Consul, HTTP API, Transactions: 64 operations. */
export const MOST_OPERATIONS = 64;

type Operation = Readonly<Record<string, unknown>>;
type Conflicts = { readonly conflicts: readonly string[] };

interface Held {
  readonly ModifyIndex: number;
  readonly Session?: string;
}

/** Makes changes by compare-and-set, all or nothing; keys that hang on somebody's session are moved to ours with their value. */
export async function commit(caller: ConsulCaller, ops: readonly Op[], signal: AbortSignal): Promise<Conflicts> {
  const done = await transact(
    caller,
    ops,
    ops.map((op) => [kvOf(op)]),
    signal,
  );
  const heldElsewhere = ops.filter(({ session, key }) => session !== null && done.conflicts.includes(key));
  if (heldElsewhere.every(({ expect }) => expect === "absent")) return done;
  return takeOver(caller, ops, signal);
}

async function transact(
  caller: ConsulCaller,
  ops: readonly Op[],
  groups: readonly (readonly Operation[])[],
  signal: AbortSignal,
): Promise<Conflicts> {
  const operations = groups.flat().map((each) => ({ KV: each }));
  if (operations.length === 0) return { conflicts: [] };
  try {
    await caller.call(signal, (client, options) =>
      client.transaction.create(
        operations as unknown as Parameters<typeof client.transaction.create>[0],
        options as never,
      ),
    );
    return { conflicts: [] };
  } catch (error) {
    const failed = failedIn(error);
    if (failed === null) throw error;
    const keyOf = groups.flatMap((group, index) => group.map(() => ops[index]?.key ?? ""));
    return { conflicts: [...new Set(failed.map((index) => keyOf[index] ?? ""))].filter((key) => key !== "") };
  }
}

/** One KV operation; index 0 means "only when absent". */
function kvOf(op: Op): Operation {
  const key = canonicalKey(op.key);
  const index = op.expect === "any" ? {} : { Index: op.expect === "absent" ? 0 : Number(op.expect) };
  if (!("put" in op)) return { Verb: op.expect === "any" ? "delete" : "delete-cas", Key: key, ...index };
  const Value = Buffer.from(op.put).toString("base64");
  if (op.session !== null) return { Verb: "lock", Key: key, Value, Session: sessionId(op.session) };
  return { Verb: op.expect === "any" ? "set" : "cas", Key: key, Value, ...index };
}

function failedIn(error: unknown): readonly number[] | null {
  const response = error instanceof RegistryError ? responseOf(error.cause) : null;
  if (response?.statusCode !== 409) return null;
  const errors = (response.body as { Errors?: { OpIndex: number; What?: string }[] }).Errors ?? [];
  const denied = errors.find((each) => /permission denied|ACL not found/i.test(each.What ?? ""));
  if (denied !== undefined)
    throw new RegistryError("denied", `consul refused to write: ${denied.What}`, { cause: error });
  return errors.map(({ OpIndex }) => OpIndex);
}

/** Three operations stand for one, so that what is moved may take more than one transaction. */
const AT_A_TIME = Math.floor(MOST_OPERATIONS / 3);

/**
 * A key keeps the session that made it until that ends, and then goes with it: a checkd that was started anew would find its
 * keys held by its own former session, and lose them for a moment. Unlocked and locked in one transaction they stay.
 */
async function takeOver(caller: ConsulCaller, ops: readonly Op[], signal: AbortSignal): Promise<Conflicts> {
  for (let from = 0; from < ops.length; from += AT_A_TIME) {
    const some = ops.slice(from, from + AT_A_TIME);
    const groups = await Promise.all(
      some.map(async (op) => ("put" in op && op.session !== null ? moved(caller, op, signal) : [kvOf(op)])),
    );
    const done = await transact(caller, some, groups, signal);
    if (done.conflicts.length > 0) return done;
  }
  return { conflicts: [] };
}

async function moved(caller: ConsulCaller, op: Op, signal: AbortSignal): Promise<readonly Operation[]> {
  const Key = canonicalKey(op.key);
  const [, found] = await caller.call(
    signal,
    async (client, options) =>
      (await client.kv.get({ key: Key, ...options })) as unknown as readonly [Answer, Held | undefined],
  );
  if (found?.Session === undefined || op.session === null || found.Session === sessionId(op.session)) return [kvOf(op)];
  const index = op.expect === "any" ? found.ModifyIndex : Number(op.expect);
  return [
    { Verb: "check-index", Key, Index: index },
    { ...kvOf(op), Verb: "unlock", Session: found.Session },
    kvOf(op),
  ];
}
