import { renderToString } from "preact-render-to-string";
import type { Page, PageAnswer, PageGiven, PageRequest } from "../page-door.ts";
import type { Reader } from "../reader.ts";
import { Content, type Shown } from "./app.tsx";
import { assetNames, readAsset } from "./assets.ts";

const MOST_TARGETS = 5000;
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** What a path shows. */
export function shownAt(reader: Reader, { path, mayRead }: Pick<PageRequest, "path" | "mayRead">): Shown {
  const [group, pool, target] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
  const title = [target, pool ?? group, "checkd"].filter((part) => part !== undefined).join(" - ");
  if (!mayRead) return { kind: "locked", title: "checkd" };
  if (pool !== undefined && target !== undefined) {
    const answer = reader.target(pool, target);
    return answer === null ? { kind: "missing", title } : { kind: "target", title, target: answer };
  }
  const wanted = reader
    .summaries()
    .filter(({ name, group: of }) =>
      pool === undefined ? group === undefined || (of ?? name) === group : name === pool,
    );
  if (wanted.length === 0 && group !== undefined) return { kind: "missing", title };
  const pools = wanted
    .map(({ name }) => reader.pool(name, { after: null, limit: MOST_TARGETS }))
    .filter((answer) => answer !== null);
  return { kind: "pools", title, pools };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// A script element's text ends at the first "</": the only thing in JSON that could.
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

function documentOf(shown: Shown, request: PageRequest, version: string): string {
  const { script, style } = assetNames();
  const content = renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{shown.title}</title>
        <link rel="stylesheet" href={`/api/page/${style}`} />
        <link rel="icon" href="data:," />
        <script type="module" src={`/api/page/${script}`} />
      </head>
      <body>
        <a class="skip" href="#content">
          skip to the pools
        </a>
        <header class="top">
          <a href="/">checkd</a>
          <span id="live" role="status" aria-live="polite">
            as of {new Date().toISOString().slice(11, 19)} UTC
          </span>
        </header>
        <main id="content">
          <Content shown={shown} />
        </main>
        <footer>checkd {version}</footer>
        <script
          type="application/json"
          id="data"
          dangerouslySetInnerHTML={{
            __html: inScript({ shown, mayOrder: request.mayOrder, mayRead: request.mayRead }),
          }}
        />
      </body>
    </html>,
  );
  return `<!doctype html>${content}`;
}

/** The page: readable without script, alive with it. */
export function createPage({ reader, version }: PageGiven): Page {
  return {
    render(request): PageAnswer {
      const shown = shownAt(reader, request);
      const status = shown.kind === "missing" ? 404 : shown.kind === "locked" ? 401 : 200;
      const headers = {
        "content-security-policy": CSP,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      };
      return { status, type: "text/html; charset=utf-8", body: documentOf(shown, request, version), headers };
    },
    asset: readAsset,
  };
}
