import { Option } from "commander";
import { parseHostPort } from "../../config/options.ts";
import { EXIT, Exit } from "../exit.ts";
import { type Address, inWords } from "./lines.ts";

/** commander's collector of `h:p,h:p`, which may be repeated as well. */
const listed = (text: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  ...text.split(",").map((each) => each.trim()),
];

/** An option with addresses. */
export const serversOption = (flags: string, says: string, variable: string): Option =>
  new Option(flags, says).argParser(listed).env(variable);

/** Addresses of an option, each once; throws with exit code 2. `port` is one that such servers usually have. */
export function serversOf(flag: string, texts: readonly string[] | undefined, port: number): readonly Address[] {
  const found = new Map<string, Address>();
  for (const text of texts ?? []) {
    const address = parseHostPort(text);
    if (address === null)
      throw new Exit(EXIT.usage, `${flag}: "${text}" is no address (write host:port, port 1 to 65535)`);
    found.set(inWords(address), address);
  }
  if (found.size === 0)
    throw new Exit(EXIT.usage, `${flag} is missing: write ${flag} 10.0.21.5:${port},10.0.21.7:${port}`);
  return [...found.values()];
}

/** Letters of a name in a configuration; the number before it tells them apart. */
const LONGEST = 100;

/** Targets of a configuration, named so that of equals the first of the list is chosen. */
export function targetsOf(servers: readonly Address[]): Readonly<Record<string, string>> {
  const width = String(servers.length).length;
  const named = servers.map(({ host, port }, i) => [
    `${String(i + 1).padStart(width, "0")}-${host}-${port}`.replace(/[^\w.-]/g, "-").slice(0, LONGEST),
    host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
  ]);
  return Object.fromEntries(named);
}

/** The first of a list that has one. */
export function firstOf(servers: readonly Address[]): Address {
  const [first] = servers;
  if (first === undefined) throw new Error("an empty list of servers");
  return first;
}
