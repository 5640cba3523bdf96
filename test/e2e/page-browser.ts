import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { ROOT } from "../../scripts/steps.mjs";
import { freePort } from "../servers/process.ts";

const ARTEFACTS = join(ROOT, "test-artefacts", "page");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Debian's Chromium, with a fresh profile, asking nobody but us. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });

/** A tab, and what went wrong in it. */
export interface Tab {
  readonly page: Page;
  /** Errors of scripts, and what the content security policy forbade. */
  readonly errors: string[];
  /** Everything it asked for. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Opens a tab of its own, with nothing remembered. */
export async function openTab(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(25_000);
  const [errors, requests]: [string[], string[]] = [[], []];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // A server that is away, a refusal that is expected: the browser says so by itself.
    if (message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text())) errors.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, errors, requests, close: () => context.close() };
}

/** Keeps a picture for people to look at: the whole page, or what is in sight of a very long one. */
export async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage });
}

/** From now on: how long the page was at work, in milliseconds of the processor's time. */
export async function cpuOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1000;
  };
  const before = await worked();
  return async () => (await worked()) - before;
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe finds serious or critical. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResult>("axe.run(document, { resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary ?? ""}`));
}

/** A small web server of many addresses, some of which are broken. */
export interface Shop {
  readonly port: number;
  /** This address says something wrong from now on. */
  breaks(address: string): void;
  /** It is as it was. */
  mends(address: string): void;
  close(): Promise<void>;
}

/** Starts it on the whole of 127.0.0.0/8. */
export async function openShop(): Promise<Shop> {
  const broken = new Set<string>();
  const port = await freePort();
  const server = await new Promise<Server>((done) => {
    const made = createServer((request, response) => {
      response.end(broken.has(request.socket.localAddress ?? "") ? "<b>out of order</b>" : "it works");
    }).listen(port, "0.0.0.0", 2048, () => done(made));
  });
  return {
    port,
    breaks: (address) => void broken.add(address),
    mends: (address) => void broken.delete(address),
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
