import type { Reader } from "./reader.ts";

/** What a browser asks for; the path as it came, without its query. */
export interface PageRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** False: a token is needed to read and none was given. Nothing of the pools may be shown. */
  readonly mayRead: boolean;
  /** Whether there is a token at all: without one nothing can be ordered. */
  readonly mayOrder: boolean;
  /** Language of the browser's first choice, as `en`. */
  readonly language: string;
}

/** Bytes with their type and further headers. */
export interface PageAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the page reads from: the same as the API. */
export interface PageGiven {
  readonly reader: Reader;
  readonly version: string;
}

/** The page: rendered here, made alive by the browser. */
export interface Page {
  /** `/`, `/GROUP`, `/GROUP/POOL` and `/GROUP/POOL/TARGET` for those who accept text/html. */
  render(request: PageRequest): PageAnswer | Promise<PageAnswer>;
  /** What `/api/page/NAME` answers: scripts and styles, which tell nothing of the pools; null: there is no such file. */
  asset(name: string): PageAnswer | null;
}
