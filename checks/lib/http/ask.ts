import type { LookupFunction } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Target } from "../../../src/index.ts";
import { fill } from "../fill.ts";
import type { Answer } from "./answer.ts";
import type { Connections } from "./connections.ts";
import { exchange, KeptConnectionLost } from "./exchange.ts";
import type { HttpOptions } from "./options.ts";
import type { Question } from "./question.ts";
import { isRedirect, nextMethod, nextPlace, type Place } from "./redirect.ts";

/** What all requests of one probe share. */
export interface Asker {
  readonly options: HttpOptions;
  readonly target: Target;
  readonly tls: (name: string) => ConnectionOptions;
  readonly lookup: LookupFunction;
  readonly connections: Connections;
  /** The kept connection was found closed when it was used. */
  readonly lost: () => void;
}

/** An answer, or why a redirect was not followed. */
export type Result = { readonly answer: Answer; readonly astray: string | null };

/** Asks, and follows as many redirects as are allowed. */
export async function ask(
  asker: Asker,
  enough: (() => (body: Buffer) => boolean) | null,
  signal: AbortSignal,
): Promise<Result> {
  const { options, target } = asker;
  let place = firstPlace(options, target);
  let method: HttpOptions["method"] = options.method;
  for (let followed = 0; ; followed++) {
    const answer = await exchangeKept(asker, questionOf(asker, place, method, enough?.() ?? null), signal);
    if (options.redirects === 0 || !isRedirect(answer.status) || answer.location === undefined) {
      return { answer, astray: null };
    }
    if (followed === options.redirects) return { answer, astray: `more than ${options.redirects} redirects` };
    const next = nextPlace(place, answer.location, target.host);
    if (next === null) return { answer, astray: `redirect to another host: ${answer.location}` };
    place = next;
    method = nextMethod(answer.status, method);
  }
}

function firstPlace(options: HttpOptions, target: Target): Place {
  const { scheme } = options;
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const usual = scheme === "http" ? 80 : 443;
  const own = target.port === usual ? host : `${host}:${target.port}`;
  const authority = options.host === undefined ? own : fill(options.host, target);
  return { scheme, authority, port: target.port, path: fill(options.path, target) };
}

function questionOf(asker: Asker, place: Place, method: string, enough: Question["enough"]): Question {
  const { options, target, lookup, connections } = asker;
  const headers: Record<string, string> = options.gzip ? { "accept-encoding": "gzip" } : {};
  for (const [name, value] of Object.entries(options.headers)) headers[name] = fill(value.reveal(), target);
  return {
    host: target.host,
    place,
    method,
    headers,
    body: options.body === undefined || method !== options.method ? null : fill(options.body.reveal(), target),
    tls: place.scheme === "https" ? asker.tls(nameOf(place.authority)) : null,
    // A redirect to the other scheme needs a connection of its own kind.
    agent: place.scheme === options.scheme ? connections.next() : false,
    using: connections.using,
    lookup,
    maxBody: options.max_body,
    enough,
  };
}

/** A host without its port and brackets. */
const nameOf = (authority: string): string => authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");

async function exchangeKept(asker: Asker, question: Question, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await exchange(question, signal);
    asker.connections.idle(answer.kept);
    return answer;
  } catch (error) {
    if (!(error instanceof KeptConnectionLost)) throw error;
    asker.lost();
    const answer = await exchange(question, signal);
    asker.connections.idle(answer.kept);
    return answer;
  }
}
