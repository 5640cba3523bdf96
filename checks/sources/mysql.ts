import { defineSource, duration, hostPort, type Membership, type Source, type Target, z } from "../../src/index.ts";
import { onAbort } from "../lib/abort.ts";
import { type Known, meet, within } from "../lib/mysql/known.ts";
import { accessOf, accessShape } from "../lib/mysql/options.ts";
import { askReplicas, distinct, type ReplicaList } from "../lib/mysql/replica-list.ts";
import { type Address, type OpenSession, sessions } from "../lib/mysql/session.ts";
import { endpoint } from "../lib/reason.ts";
import { steadyLookup } from "../lib/tcp/lookup.ts";

const options = z.strictObject({
  primary: z
    .union([hostPort().transform((one) => [one]), z.array(hostPort()).min(1)])
    .describe("host:port of the primary, or a list of those that may be it: the writable one is asked"),
  ...accessShape,
  discover: z
    .enum(["auto", "hosts", "processlist"])
    .default("auto")
    .describe(
      "hosts: SHOW REPLICAS, needs report_host on the replicas; processlist: who fetches the binary log; auto: the second where the first is not enough (default: auto)",
    ),
  port: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe("port of replicas that are known by their address only (default: the primary's)"),
  every: duration().default(10_000).describe("how often the list is asked for (default: 10s)"),
  backup: z
    .boolean()
    .default(true)
    .describe("whether the primary itself is listed as well, for `fallback: primary` (default: true)"),
});

type Options = z.output<typeof options>;

interface Found {
  readonly primary: Address;
  readonly list: ReplicaList;
}

/** The replicas of a primary, as it tells them. */
export const mysql = defineSource({
  name: "mysql",
  summary: "the replicas of a MySQL or MariaDB primary; the primary itself as backup",
  options,
  facts: {},
  create(o, env) {
    const open = sessions(accessOf(o), steadyLookup(env.clock));
    const find = finder(o, open);
    return {
      everyMs: o.every,
      list: async (signal) => membership(await find(signal), o.backup),
      close: async () => {},
    } satisfies Source;
  },
});

function membership({ primary, list }: Found, backup: boolean): Membership {
  const { replicas, refused } = distinct(list, primary);
  const members = replicas.map((at): Target => ({ ...at, name: nameOf(at), meta: {}, part: "member" }));
  const reserve: Target = { ...primary, name: "primary", meta: {}, part: "backup" };
  return { targets: backup ? [...members, reserve] : members, refused };
}

const nameOf = ({ host, port }: Address): string => `${host}-${port}`.replace(/[^\w.-]/g, "-");

/**
 * Finds the primary among its addresses. The one that was found last is asked first, so that two writable servers do
 * not take turns; one without replicas stands back for one that has some.
 */
function finder(o: Options, open: OpenSession): (signal: AbortSignal) => Promise<Found> {
  const wantsWritable = o.primary.length > 1;
  let last: Address | null = null;
  const ask = async (at: Address, signal: AbortSignal): Promise<Found> => {
    const session = await open(at, () => {}, signal);
    try {
      const known = await meet(session, signal);
      if (wantsWritable && known.readOnly) throw new Error(`${endpoint(at)} is read-only`);
      return { primary: at, list: await replicasOf(known, at, o, signal) };
    } finally {
      session.end();
    }
  };
  return async (signal) => {
    const first = last === null ? [] : [last];
    const others = o.primary.filter((at) => at !== last);
    last = null;
    const found = await race([first, others], ask, signal);
    last = found.primary;
    return found;
  };
}

const replicasOf = (known: Known, at: Address, o: Options, signal: AbortSignal): Promise<ReplicaList> =>
  within(known.session, signal, () => askReplicas(known, o.discover, o.port ?? at.port));

type Ask = (at: Address, signal: AbortSignal) => Promise<Found>;

/** Asks group after group, the members of each at once: the first with replicas, else the first that answered at all. */
async function race(groups: readonly (readonly Address[])[], ask: Ask, signal: AbortSignal): Promise<Found> {
  const losers = new AbortController();
  const forget = onAbort(signal, () => losers.abort(signal.reason));
  const answers: Found[] = [];
  const failures: unknown[] = [];
  const attempt = async (at: Address): Promise<Found> => {
    const found = await ask(at, losers.signal).catch((error: unknown) => {
      failures.push(error);
      throw error;
    });
    answers.push(found);
    if (found.list.replicas.length === 0) throw new Error("no replicas");
    return found;
  };
  try {
    for (const group of groups) {
      const found = await Promise.any(group.map(attempt)).catch(() => null);
      if (found !== null) return found;
    }
    const [only] = answers;
    if (only !== undefined) return only;
    throw signal.aborted ? signal.reason : (failures[0] ?? new Error("no primary"));
  } finally {
    forget();
    losers.abort(new Error("another address answered"));
  }
}
