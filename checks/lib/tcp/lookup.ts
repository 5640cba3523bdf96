import { type LookupAddress, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Clock } from "../../../src/index.ts";

type Answer = { readonly error: NodeJS.ErrnoException | null; readonly found: readonly LookupAddress[] };
export type Resolve = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** How long the name server may take before the last address of a name is used. */
const PATIENCE_MS = 200;
const MOST_NAMES = 10_000;

const bySystem: Resolve = (name, done) => lookup(name, { all: true, order: "verbatim" }, done);

/**
 * A `lookup` for sockets that remembers: when a name that resolved before does not (name server away, slow, or
 * empty), its last addresses are used on. Questions for one name are asked once at a time, because a dead name
 * server holds a thread of the pool for each.
 */
export function steadyLookup(clock: Clock, resolve: Resolve = bySystem): LookupFunction {
  const last = new Map<string, readonly LookupAddress[]>();
  const asked = new Map<string, ((answer: Answer) => void)[]>();

  const learn = (name: string, answer: Answer): void => {
    if (answer.error !== null) return;
    if (last.size >= MOST_NAMES) last.clear();
    last.set(name, answer.found);
  };
  const ask = (name: string, tell: (answer: Answer) => void): void => {
    const waiting = asked.get(name);
    if (waiting !== undefined) {
      waiting.push(tell);
      return;
    }
    asked.set(name, [tell]);
    resolve(name, (error, found) => {
      const answer = { error, found: found ?? [] };
      const all = asked.get(name) ?? [];
      asked.delete(name);
      learn(name, answer);
      for (const each of all) each(answer);
    });
  };

  return (name, options, callback) => {
    const known = last.get(name);
    let told = false;
    let cancel = (): void => {};
    const tell = (answer: Answer): void => {
      if (told) return;
      told = true;
      cancel();
      const found = answer.error === null ? answer.found : (known ?? []);
      reply(found, answer.error, options, callback);
    };
    if (known !== undefined) cancel = clock.at(clock.now() + PATIENCE_MS, () => tell({ error: null, found: known }));
    ask(name, tell);
  };
}

type Options = Parameters<LookupFunction>[1];
type Callback = Parameters<LookupFunction>[2];

function reply(all: readonly LookupAddress[], error: Answer["error"], options: Options, callback: Callback): void {
  const found = all.filter(
    (a) => !options.family || options.family === a.family || options.family === `IPv${a.family}`,
  );
  const [first] = found;
  if (first === undefined) callback(error ?? notFound(), "");
  else if (options.all === true) callback(null, [...found]);
  else callback(null, first.address, first.family);
}

const notFound = (): NodeJS.ErrnoException => Object.assign(new Error("name has no address"), { code: "ENOTFOUND" });
