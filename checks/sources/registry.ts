import {
  canonicalKey,
  defineSource,
  type Followed,
  follow,
  hubOf,
  type Membership,
  type Source,
  z,
} from "../../src/index.ts";
import { onAbort } from "../lib/abort.ts";
import { readEntries, readServices } from "../lib/registry/entries.ts";

const options = z
  .strictObject({
    registry: z.string().describe("name of the registry to look into; required"),
    path: z
      .string()
      .optional()
      .describe(
        "path below which instances register: keys with `ip:port` or JSON (`host`, `port`, `weight`, `meta`) as value, nodes named `ip:port`, or folders with `ip` and `port`",
      ),
    service: z.string().min(1).optional().describe("name of a service in Consul's catalog, instead of a path"),
    tag: z.string().min(1).optional().describe("only services with this tag (default: all)"),
    passing: z.boolean().optional().describe("only services whose checks in Consul all pass (default: true)"),
  })
  .refine(({ path, service }) => (path === undefined) !== (service === undefined), "needs path or service, one of them")
  .refine(({ service, tag, passing }) => service !== undefined || (tag === undefined && passing === undefined), {
    message: "tag and passing belong to service",
  });

type Options = z.output<typeof options>;

/** Instances that registered themselves, watched without polling. */
export const registry = defineSource({
  name: "registry",
  summary: "instances that registered themselves in Consul, etcd or ZooKeeper",
  options,
  facts: {},
  create(o, env): Source {
    const ended = new AbortController();
    let followed: Followed | null = null;
    let arrive: (() => void) | null = null;
    const arrived = new Promise<void>((done) => {
      arrive = done;
    });
    const see = (now: Followed): void => {
      const before = followed;
      followed = now;
      if (now.state === "waiting") return;
      if (arrive === null) env.hint(before?.state === now.state ? "registrations changed" : `registry is ${now.state}`);
      arrive?.();
      arrive = null;
    };
    let begun = false;
    return {
      everyMs: null,
      async list(signal) {
        if (!begun) begin(o, env, ended.signal, see);
        begun = true;
        await within(arrived, signal);
        return membership(o, followed);
      },
      close: async () => ended.abort(),
    };
  },
});

function begin(
  o: Options,
  env: Parameters<typeof registry.create>[1],
  signal: AbortSignal,
  see: (now: Followed) => void,
): void {
  const shared = env.registry(o.registry);
  const followEnv = { clock: env.clock, log: env.log, name: o.registry };
  if (o.path !== undefined) {
    hubOf(shared, followEnv).watch(canonicalKey(o.path), see, signal);
    return;
  }
  const { services } = shared;
  if (services === null) throw new Error(`registry ${o.registry} has no catalog of services; only Consul has one`);
  const reader = { read: services.read, close: async () => {} };
  follow(reader, o.service ?? "", followEnv, signal, see);
}

/** The list as the registry has it now; while it has none that can be trusted, an error, and the last list stays. */
function membership(o: Options, followed: Followed | null): Membership {
  if (followed?.snapshot == null || followed.state !== "current") {
    throw new Error(
      `registry ${o.registry} is ${followed?.state ?? "waiting"}${followed?.error ? `: ${followed.error}` : ""}`,
    );
  }
  const entries = [...followed.snapshot.entries].map(([key, { value }]) => [key, value] as const);
  if (o.path !== undefined) return readEntries(canonicalKey(o.path), entries);
  return readServices(entries, o.tag ?? null, o.passing ?? true);
}

const within = (work: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((done, fail) => {
    const forget = onAbort(signal, () => fail(signal.reason));
    void work.then(() => {
      forget();
      done();
    });
  });
