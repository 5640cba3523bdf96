import { renderToString } from "preact-render-to-string";
import type { AssetNames } from "./assets.ts";
import { Content, titleOf } from "./view/content.tsx";
import { iconOf } from "./view/icon.ts";
import { Drawn } from "./view/rows.tsx";
import type { Given } from "./view/shown.ts";
import { clockTime } from "./view/words.ts";

// A script element's text ends at the first "</": the only thing in JSON that could.
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

/** What a document is made of. */
export interface DocumentGiven {
  readonly given: Given;
  /** Rows by the name of their chunk. */
  readonly drawn: ReadonlyMap<string, string>;
  readonly assets: AssetNames | null;
}

function Head({ given: { shown }, assets }: Omit<DocumentGiven, "drawn">) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <title>{titleOf(shown)}</title>
      {assets === null ? null : <link rel="stylesheet" href={`/api/page/${assets.style}`} />}
      <link rel="icon" id="icon" href={iconOf(shown)} />
      {assets === null ? null : <script type="module" src={`/api/page/${assets.script}`} />}
    </head>
  );
}

function Body({ given, drawn }: Omit<DocumentGiven, "assets">) {
  return (
    <body>
      <a class="skip" href="#content">
        skip to the pools
      </a>
      <header class="top">
        <a href="/" class="brand">
          checkd
        </a>
        <p>
          <span id="line">as it was at</span> <span id="clock">{clockTime(new Date().toISOString())}</span> UTC
        </p>
      </header>
      <p id="lost" class="lost" role="alert" />
      <p id="news" class="unseen" role="status" />
      <main id="content" tabIndex={-1}>
        <Drawn.Provider value={drawn}>
          <Content shown={given.shown} />
        </Drawn.Provider>
      </main>
      <footer>
        <noscript>Without script this page stays as it is: load it again for news. </noscript>
        checkd {given.version} · <a href="/metrics">metrics</a> · <a href="/api/openapi.json">API</a>
      </footer>
      <script type="application/json" id="data" dangerouslySetInnerHTML={{ __html: inScript(given) }} />
    </body>
  );
}

/** The whole document: to be read as it is, and to be taken over by the script. */
export const documentOf = ({ given, drawn, assets }: DocumentGiven): string =>
  `<!doctype html>${renderToString(
    <html lang="en">
      <Head given={given} assets={assets} />
      <Body given={given} drawn={drawn} />
    </html>,
  )}`;
