import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { growingBody } from "./body.ts";
import type { Question } from "./question.ts";

/** What came back. `end`: whole; larger than the limit; cut off by the server; or enough was seen. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly end: "whole" | "capped" | "cut" | "enough";
  /** The connection may carry the next request. */
  readonly kept: boolean;
}

/** An answer being read. */
export interface Reading {
  readonly answer: Promise<Answer>;
  /** Content bytes so far. */
  readonly count: () => number;
  stop(): void;
}

const DECODERS = {
  gzip: () => createGunzip(),
  "x-gzip": () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
} as const;

const isCoding = (name: string): name is keyof typeof DECODERS => Object.hasOwn(DECODERS, name);

/** Reads the content of a response, decoded, no further than needed. */
export function read(response: IncomingMessage, question: Question): Reading {
  const body = growingBody(question.maxBody);
  const coding = (response.headers["content-encoding"] ?? "").trim().toLowerCase();
  const content: Readable = isCoding(coding) ? response.pipe(DECODERS[coding]()) : response;
  const answer = new Promise<Answer>((resolve, reject) => {
    const done = (end: Answer["end"]): void => resolve(answerOf(response, body.bytes(), end));
    content.on("data", (chunk: Buffer) => {
      if (!body.add(chunk)) done("capped");
      else if (question.enough?.(body.bytes()) === true) done("enough");
    });
    content.on("end", () => done(response.complete ? "whole" : "cut"));
    response.on("error", () => done("cut"));
    if (content !== response) {
      content.on("error", (cause) => reject(new Error(`content is no valid ${coding}`, { cause })));
    }
  });
  return { answer, count: () => body.bytes().length, stop: () => void content.destroy() };
}

/** An answer of status and headers alone. */
export const answerOf = (response: IncomingMessage, body: Buffer, end: Answer["end"]): Answer => ({
  status: response.statusCode ?? 0,
  location: response.headers.location,
  contentType: response.headers["content-type"],
  body,
  end,
  kept: false,
});
