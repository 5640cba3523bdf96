import { fromBytes, toBytes } from "../gotemplate/bytes.ts";
import { asText, type Func, volatile } from "../gotemplate/func.ts";
import { type Field, pointerTo, STRING, STRINGS, sliceOf, structOf, UINT16 } from "../gotemplate/type.ts";
import { Scalar, Slice, Struct, strings } from "../gotemplate/value.ts";
import { canonicalAddress } from "./address.ts";
import type { Lookups } from "./lookup.ts";
import type { Service } from "./name-service.ts";

const FIELDS: readonly Field[] = [
  { name: "Target", type: STRING },
  { name: "Port", type: UINT16 },
  { name: "Priority", type: UINT16 },
  { name: "Weight", type: UINT16 },
];

const SERVICE = pointerTo(structOf("net.SRV", FIELDS));
const SERVICES = sliceOf(SERVICE);

function addressesOf(lookups: Lookups, bytes: string): string[] {
  const name = fromBytes(bytes);
  const literal = canonicalAddress(name);
  if (literal !== null) return [literal];
  if (name === "") return [];
  return lookups
    .addresses(name)
    .map((address) => canonicalAddress(address) ?? address)
    .sort();
}

function addresses(lookups: Lookups, mark: string): Func {
  return volatile([STRING], ([name]) => {
    const found = addressesOf(lookups, asText(name)).filter((address) => address.includes(mark));
    return found.length === 0 ? new Slice(STRINGS, null) : strings(found);
  });
}

// The text confd sorts by.
function order({ target, port, priority, weight }: Service): string {
  return `${toBytes(target)}${port}${priority}${weight}`;
}

function record({ target, port, priority, weight }: Service): Struct {
  const numbers = [port, priority, weight].map((number) => new Scalar(UINT16, BigInt(number)));
  return new Struct(SERVICE, [toBytes(target), ...numbers]);
}

function services(lookups: Lookups, service: string, protocol: string, domain: string): Slice {
  const name = service === "" && protocol === "" ? domain : `_${service}._${protocol}.${domain}`;
  const found = [...lookups.services(fromBytes(name))];
  const sorted = found.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
  return new Slice(SERVICES, sorted.map(record));
}

/** Functions that look up names. */
export function networkFunctions(lookups: Lookups): [string, Func][] {
  return [
    ["lookupIP", addresses(lookups, "")],
    ["lookupIPV4", addresses(lookups, ".")],
    ["lookupIPV6", addresses(lookups, ":")],
    [
      "lookupSRV",
      volatile([STRING, STRING, STRING], ([service, protocol, domain]) =>
        services(lookups, asText(service), asText(protocol), asText(domain)),
      ),
    ],
  ];
}
