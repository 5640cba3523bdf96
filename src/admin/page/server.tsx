import type { Page, PageAnswer, PageGiven } from "../page-door.ts";
import { loadAssets } from "./assets.ts";
import { documentOf } from "./document.tsx";
import { drawRows } from "./drawn.tsx";
import { createReading, type PageReader } from "./reading.ts";
import type { Given, Shown } from "./view/shown.ts";

// Styles and scripts come from files of ours only: a reason that holds HTML stays text, and would do nothing if it did not.
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  vary: "accept, authorization",
};

const STATUS: Readonly<Record<Shown["kind"], number>> = { pools: 200, target: 200, locked: 401, missing: 404 };

/** The page: readable without script, alive with it. `?data` gives what it is drawn from. */
export function createPage({ reader, version }: Omit<PageGiven, "reader"> & { readonly reader: PageReader }): Page {
  const reading = createReading(reader);
  const assets = loadAssets();
  return {
    async render(request): Promise<PageAnswer> {
      const shown = await reading(request);
      const given: Given = { version, mayOrder: request.mayOrder, shown };
      const status = STATUS[shown.kind];
      if ("data" in request.query)
        return { status, type: "application/json; charset=utf-8", body: JSON.stringify(given), headers: HEADERS };
      const body = documentOf({ given, drawn: await drawRows(shown), assets: assets.names });
      return { status, type: "text/html; charset=utf-8", body, headers: HEADERS };
    },
    asset: assets.read,
  };
}
