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

/** The name service of this machine: hosts file and DNS for addresses, DNS for services. */
export const systemNames: NameService = {
  addresses: async (name) => {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  },
  services: async (name, signal) => {
    const resolver = new Resolver();
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const found = await resolver.resolveSrv(name);
      return found.map(({ name: target, ...rest }) => ({
        ...rest,
        target: target.endsWith(".") ? target : `${target}.`,
      }));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  },
};
