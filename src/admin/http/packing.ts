import { gzip } from "node:zlib";
import type { PageAnswer } from "../page-door.ts";

/** Below this a packed answer is hardly smaller. */
const LEAST_BYTES = 1024;

/** Packed scripts and styles, by the bytes they were made from: these stay as long as the process. */
const kept = new WeakMap<Uint8Array, Promise<Uint8Array>>();

/** The answer for a client that sent this `Accept-Encoding`: packed by gzip where it takes that. */
export async function packed(answer: PageAnswer, accepts: string | undefined): Promise<PageAnswer> {
  const { body, headers = {} } = answer;
  const vary = [headers.vary, "accept-encoding"].filter((each) => each !== undefined).join(", ");
  if (body.length < LEAST_BYTES || !takesGzip(accepts)) return { ...answer, headers: { ...headers, vary } };
  return { ...answer, body: await pack(body), headers: { ...headers, vary, "content-encoding": "gzip" } };
}

/** Whether gzip is taken: named, or meant by `*`, and not with `q=0`. */
export function takesGzip(accepts = ""): boolean {
  const quality = new Map(
    accepts.split(",").map((part) => {
      const [coding = "", ...more] = part.split(";").map((each) => each.trim().toLowerCase());
      const q = more.find((each) => each.startsWith("q="));
      return [coding, q === undefined ? 1 : Number(q.slice(2))];
    }),
  );
  return (quality.get("gzip") ?? quality.get("x-gzip") ?? quality.get("*") ?? 0) > 0;
}

function pack(body: string | Uint8Array): Promise<Uint8Array> {
  if (typeof body === "string") return gzipped(body, 6);
  const made = kept.get(body) ?? gzipped(body, 9);
  kept.set(body, made);
  return made;
}

const gzipped = (body: string | Uint8Array, level: number): Promise<Uint8Array> =>
  new Promise((done, fail) => {
    gzip(body, { level }, (error, bytes) => (error === null ? done(bytes) : fail(error)));
  });
