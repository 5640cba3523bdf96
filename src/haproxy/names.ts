import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";

const KEPT_MS = 10_000;
const LONGEST_MS = 1000;

/** Addresses of hosts: `set server addr` takes no names. The last address is used on while a name does not resolve. */
export interface Names {
  /** null: never resolved yet. */
  addressOf(host: string): Promise<string | null>;
}

/** Makes an empty memory of names. */
export function createNames(clock: Clock): Names {
  const known = new Map<string, { readonly address: string; readonly at: Ms }>();
  const ask = async (host: string): Promise<string | null> => {
    const found = lookup(host).then(
      ({ address }) => address,
      () => null,
    );
    let cancel = (): void => {};
    const late = new Promise<null>((done) => {
      cancel = clock.at(clock.now() + LONGEST_MS, () => done(null));
    });
    const address = await Promise.race([found, late]);
    cancel();
    if (address !== null) known.set(host, { address, at: clock.now() });
    return address;
  };
  return {
    async addressOf(host) {
      if (isIP(host) !== 0) return host;
      const last = known.get(host);
      if (last !== undefined && clock.now() - last.at < KEPT_MS) return last.address;
      return (await ask(host)) ?? last?.address ?? null;
    },
  };
}
