import { validateHeaderName, validateHeaderValue } from "node:http";
import { secret, size, z } from "../../../src/index.ts";
import { table } from "../keys.ts";
import { pattern } from "../pattern.ts";
import { tlsSchema } from "../tls.ts";
import { parsePath } from "./json-path.ts";
import { statusSchema } from "./status.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PATCH", "DELETE"] as const;

const texts = () =>
  z
    .union([
      z
        .string()
        .min(1)
        .transform((one) => [one]),
      z.array(z.string().min(1)).min(1),
    ])
    .default([]);

const valid = (check: (text: string) => void) => (text: string) => {
  try {
    check(text);
    return true;
  } catch {
    return false;
  }
};
const headerValue = () =>
  z
    .string()
    .refine(
      valid((text) => validateHeaderValue("x", text)),
      "is no header value",
    )
    .pipe(secret());

const NO_PATH = 'is no path (write status, data.nodes[0].name or ["a.b"].c)';
const jsonValue = () => z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** The options of `http-content`. */
export const httpOptions = z
  .strictObject({
    scheme: z.enum(["http", "https"]).default("http").describe("http or https (default: http)"),
    method: z
      .enum(METHODS)
      .default("GET")
      .describe(`one of ${METHODS.join(", ")} (default: GET)`),
    path: z
      .string()
      .regex(/^\/[\x21-\x7e]*$/, "write a path that begins with / and is percent-encoded")
      .default("/")
      .describe("path and query (default: /)"),
    host: z
      .string()
      .regex(/^[^\s/]+$/, "write a host name, with :port where it is not the usual one")
      .optional()
      .describe("Host header, and the name asked for in TLS (default: the target's host and port)"),
    headers: table(valid(validateHeaderName), "is no header name", headerValue())
      .default({})
      .describe("further headers; values are kept secret (default: none)"),
    body: secret().optional().describe("what is sent with the request, kept secret (default: nothing)"),
    status: statusSchema()
      .optional()
      .describe("statuses that are fine: 200, 200-299, or a list of such (default: 200-299)"),
    any_status: z
      .boolean()
      .default(false)
      .describe("judge the content whatever the status, as curl -s | grep does (default: false)"),
    contains: texts().describe("text that the content holds, or a list of such, all of them (default: none)"),
    not_contains: texts().describe("text that the content does not hold, or a list of such (default: none)"),
    matches: pattern().optional().describe("RE2 pattern that is found in the content (default: none)"),
    json: table((path) => parsePath(path) !== null, NO_PATH, jsonValue())
      .default({})
      .describe('values in a JSON document, by path: {status: ok, "nodes[0].up": true} (default: none)'),
    max_body: size().default(65_536).describe("more content than this is not read; a size (default: 64kb)"),
    redirects: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe("how many redirects to the same host are followed (default: 0, the redirect is judged as it is)"),
    tls: tlsSchema()
      .optional()
      .describe("TLS of scheme https: {ca, cert, key, servername, verify} (default: verified)"),
    keep_alive: z
      .boolean()
      .default(false)
      .describe("ask over one kept connection, which hides a dead listener for up to ten probes (default: false)"),
    gzip: z.boolean().default(false).describe("offer gzip; compressed content is read in any case (default: false)"),
  })
  .refine((o) => o.tls === undefined || o.scheme === "https", { path: ["tls"], message: "needs scheme: https" })
  .refine((o) => !o.any_status || o.status === undefined, {
    path: ["status"],
    message: "says nothing beside any_status",
  })
  .refine((o) => o.method !== "HEAD" || !asksContent(o), {
    path: ["method"],
    message: "HEAD brings no content to judge",
  })
  .describe("one HTTP request, and what is expected of its answer");

interface Content {
  readonly contains: readonly string[];
  readonly not_contains: readonly string[];
  readonly matches?: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

const asksContent = (o: Content): boolean =>
  o.contains.length + o.not_contains.length + Object.keys(o.json).length > 0 || o.matches !== undefined;

/** What `httpOptions` gives. */
export type HttpOptions = z.output<typeof httpOptions>;
