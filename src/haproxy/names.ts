import { lookup } from "node:dns/promises";
import { isIP, SocketAddress } from "node:net";
import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";

const KEPT_MS: Ms = 10_000;
const LONGEST_MS: Ms = 1000;

/** Addresses of hosts: `set server addr` takes no names. The last address is used on while a name does not resolve. */
export interface Names {
  /** As HAProxy shows it. Waits only for a name that was never resolved; null: it still is not. */
  addressOf(host: string): Promise<string | null>;
}

interface Known {
  readonly address: string;
  readonly at: Ms;
}

/** Makes an empty memory of names; `changed` hears when a name has another address than was told last. */
export function createNames(clock: Clock, changed: () => void): Names {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<string | null>>();
  const ask = (host: string): Promise<string | null> => {
    const last = known.get(host)?.address ?? null;
    const running = asking.get(host) ?? resolve(host, last, clock).finally(() => asking.delete(host));
    asking.set(host, running);
    return running;
  };
  const learn = async (host: string): Promise<string | null> => {
    const address = await ask(host);
    if (address !== null) known.set(host, { address, at: clock.now() });
    return address;
  };
  const refresh = async (host: string, last: string): Promise<void> => {
    const address = await learn(host);
    if (address !== null && address !== last) changed();
  };
  return {
    async addressOf(host) {
      if (isIP(host) !== 0) return shown(host);
      const last = known.get(host);
      if (last === undefined) return learn(host);
      if (clock.now() - last.at >= KEPT_MS && !asking.has(host)) void refresh(host, last.address);
      return last.address;
    },
  };
}

/** The first address; of a name with several the last one stays, so that nobody moves because they are told in turns. */
async function resolve(host: string, last: string | null, clock: Clock): Promise<string | null> {
  let cancel = (): void => {};
  const late = new Promise<null>((done) => {
    cancel = clock.at(clock.now() + LONGEST_MS, () => done(null));
  });
  const found = lookup(host, { all: true }).then(
    (all) => {
      const addresses = all.map(({ address }) => shown(address));
      return addresses.find((address) => address === last) ?? addresses[0] ?? null;
    },
    () => null,
  );
  const address = await Promise.race([found, late]);
  cancel();
  return address;
}

/** `0:0::1` and `::1` are one address, and HAProxy shows the second. */
const shown = (ip: string): string =>
  isIP(ip) === 6 ? new SocketAddress({ address: ip, family: "ipv6" }).address : ip;
