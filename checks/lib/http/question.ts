import { type Agent, type ClientRequest, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Place } from "./redirect.ts";

/** One request: what is asked, and how the answer is read. */
export interface Question {
  /** The address that is connected to, whatever the Host header says. */
  readonly host: string;
  readonly place: Place;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly tls: ConnectionOptions | null;
  /** false: a connection of its own, closed afterwards. */
  readonly agent: Agent | false;
  /** Is shown the connection that is used. */
  readonly using: (socket: Socket) => void;
  readonly lookup: LookupFunction;
  readonly maxBody: number;
  /** Says early that no more content is needed; null: all is read. */
  readonly enough: ((body: Buffer) => boolean) | null;
}

const hasHeader = (headers: Question["headers"], name: string): boolean =>
  Object.keys(headers).some((key) => key.toLowerCase() === name);

function headersOf(question: Question): Record<string, string> {
  const { headers, body, place } = question;
  return {
    ...(hasHeader(headers, "host") ? {} : { host: place.authority }),
    ...(hasHeader(headers, "user-agent") ? {} : { "user-agent": "checkd" }),
    ...(hasHeader(headers, "accept") ? {} : { accept: "*/*" }),
    // Always a length: some servers ignore a chunked request body without a word.
    ...(body === null ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
}

/** Opens the request; nothing is sent before `end`. */
export function open(question: Question): ClientRequest {
  const { host, place, method, agent, lookup, tls } = question;
  const headers = headersOf(question);
  const options: RequestOptions = { host, port: place.port, path: place.path, method, agent, lookup, headers };
  return place.scheme === "http" ? requestHttp(options) : requestHttps({ ...options, ...tls });
}
