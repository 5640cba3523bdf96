import { BlockList, isIP } from "node:net";

const MAPPED = "::ffff:";
const REMEMBERED = 4096;

/** IPv4 addresses that came through an IPv6 listener, written as IPv4. */
export const plainAddress = (address: string): string =>
  address.startsWith(MAPPED) && address.includes(".") ? address.slice(MAPPED.length) : address;

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** True for the peers that the list (CIDR or single addresses) names; an empty list names all. */
export function allows(list: readonly string[]): (peer: string) => boolean {
  if (list.length === 0) return () => true;
  const nets = new BlockList();
  for (const each of list) {
    const [address = "", bits] = each.split("/");
    if (bits === undefined) nets.addAddress(address, family(address));
    else nets.addSubnet(address, Number(bits), family(address));
  }
  // Looking one up costs as much as a whole reply; the same few peers come all the time.
  const known = new Map<string, boolean>();
  return (peer) => {
    const before = known.get(peer);
    if (before !== undefined) return before;
    if (known.size >= REMEMBERED) known.clear();
    const found = nets.check(peer, family(peer));
    known.set(peer, found);
    return found;
  };
}
