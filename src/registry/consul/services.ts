import type { Service, ServiceCatalog, Snapshot } from "../../contract.ts";
import { RegistryError } from "../../errors.ts";
import { type Answer, type ConsulCaller, responseOf } from "./client.ts";
import { readIndex } from "./revision.ts";

const checkOf = (id: string): string => `service:${id}`;

interface HealthEntry {
  readonly Node: { readonly Address: string };
  readonly Service: {
    readonly ID: string;
    readonly Address: string;
    readonly Port: number;
    readonly Tags: readonly string[] | null;
    readonly Meta: Readonly<Record<string, string>> | null;
  };
  readonly Checks: readonly { readonly Status: string }[];
}

async function register(caller: ConsulCaller, service: Service, passing: boolean, signal: AbortSignal): Promise<void> {
  const { id, name, host, port, tags, ttlMs } = service;
  // DeregisterCriticalServiceAfter stays off: a checkd that is away must not delete what it may come back to.
  const check = {
    name: "checkd",
    timeout: "1s",
    ttl: `${Math.ceil(ttlMs / 1000)}s`,
    // What is said after it reaches the catalog at once only where the status changes (agent, check_update_interval).
    status: passing ? "passing" : "warning",
  };
  const request = { id, name, address: host, port, tags: [...tags], check };
  await caller.call(signal, (client, options) => client.agent.service.register({ ...request, ...options }));
}

/** An agent that restarted has forgotten the check and says so with a 500 (404 since Consul 1.10), in words of each version. */
const forgotten = (error: unknown): boolean => {
  const response = error instanceof RegistryError ? responseOf(error.cause) : null;
  return (
    response !== null &&
    (response.statusCode === 500 || response.statusCode === 404) &&
    /unknown check|does not have associated TTL/i.test(String(response.body))
  );
};

/** Consul's catalog of services, told through the agent; one call when it knows the check, three when it has forgotten. */
export function serviceCatalog(caller: ConsulCaller, waitMs: number): ServiceCatalog {
  const report = (id: string, passing: boolean, note: string, signal: AbortSignal): Promise<unknown> =>
    caller.call(signal, (client, options) =>
      client.agent.check[passing ? "pass" : "fail"]({ id: checkOf(id), note, ...options }),
    );
  const known = new Map<string, string>();
  return {
    async tell(service, passing, note, signal) {
      const shape = JSON.stringify(service);
      if (known.get(service.id) !== shape) {
        await register(caller, service, passing, signal);
        known.set(service.id, shape);
      }
      try {
        await report(service.id, passing, note, signal);
      } catch (error) {
        if (!forgotten(error)) throw error;
        await register(caller, service, passing, signal);
        await report(service.id, passing, note, signal);
      }
    },
    async remove(id, signal) {
      known.delete(id);
      await caller
        .call(signal, (client, options) => client.agent.service.deregister({ id, ...options }))
        .catch((error) => {
          const status = error instanceof RegistryError ? responseOf(error.cause)?.statusCode : undefined;
          if (status !== 404 && status !== 500) throw error;
        });
    },
    read: (name, after, signal) => readService(caller, name, after, waitMs, signal),
  };
}

async function readService(
  caller: ConsulCaller,
  name: string,
  after: string | null,
  waitMs: number,
  signal: AbortSignal,
): Promise<Snapshot> {
  const blocking = after === null ? {} : { index: after, wait: `${waitMs}ms` };
  const answer = await caller.call(
    signal,
    async (client, options) =>
      (await client.health.service({ service: name, ...blocking, ...options })) as unknown as [Answer, HealthEntry[]],
    after === null ? 0 : waitMs,
  );
  const [response, found] = answer;
  const entries = found.map(({ Node, Service, Checks }) => {
    const host = Service.Address === "" ? Node.Address : Service.Address;
    const status = Checks.every((check) => check.Status === "passing") ? "passing" : "critical";
    const value = JSON.stringify({
      host,
      port: Service.Port,
      tags: Service.Tags ?? [],
      meta: Service.Meta ?? {},
      status,
    });
    return [Service.ID, { value, version: value }] as const;
  });
  const { revision, fresh } = readIndex(response, after);
  return { entries: new Map(entries), revision, fresh };
}
