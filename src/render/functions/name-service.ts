import { lookup, Resolver } from "node:dns/promises";

/** One SRV record; the target ends with a dot. */
export interface Service {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Asks the name service. An answer that does not come is an error. */
export interface NameService {
  addresses(name: string, signal: AbortSignal): Promise<readonly string[]>;
  services(name: string, signal: AbortSignal): Promise<readonly Service[]>;
}

async function addresses(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}

function absolute(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

/** A name service: the hosts file and DNS of this machine for addresses, these DNS servers (or the machine's) for services. */
export function createNames(servers: readonly string[] = []): NameService {
  return {
    addresses,
    services: async (name, signal) => {
      const resolver = new Resolver();
      if (servers.length > 0) resolver.setServers(servers);
      const cancel = (): void => resolver.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      try {
        const found = await resolver.resolveSrv(name);
        return found.map(({ name: target, ...rest }) => ({ ...rest, target: absolute(target) }));
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },
  };
}
