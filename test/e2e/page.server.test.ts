// The page in Debian's Chromium, of the built daemon, with servers that are broken and mended and a real HAProxy.
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HAPROXY_DEFAULTS, type Haproxy, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { askAgent, type Checkd, startCheckd } from "./checkd.ts";
import { barriers, cpuOf, openBrowser, openShop, openTab, picture, type Shop, type Tab } from "./page-browser.ts";

const TOKEN = "correct horse";
const WRONG = 'got 200 "<b>out of order</b>"';
const APPS = ["app1", "app2", "app3"];
const addressOf = (name: string): string => `127.0.1.${name.slice(-1)}`;

let browser: Browser;
let shop: Shop;
let haproxy: Haproxy;
let checkd: Checkd;
let config: object;
let base = "";
let agentPort = 0;
const tabs: Tab[] = [];

async function open(path = "/", options: BrowserContextOptions = {}): Promise<Tab> {
  const tab = await openTab(browser, `${base}${path}`, options);
  tabs.push(tab);
  return tab;
}

/** Opens a page and waits until it lives. */
async function live(path = "/", options: BrowserContextOptions = {}): Promise<Page> {
  const { page } = await open(path, options);
  await shows(page.locator("body.live"));
  return page;
}

/** Waits until something is to be seen; the machine may be busy. */
const shows = (locator: Locator): Promise<void> => locator.first().waitFor({ state: "visible" });
const rowOf = (page: Page, pool: string, target: string): Locator =>
  page.locator(`section[aria-labelledby="pool-${pool}"] tr`, {
    has: page.getByRole("link", { name: target, exact: true }),
  });
const told = (target: string): Promise<string> => askAgent(agentPort, `${target}\n`);

beforeAll(async () => {
  [browser, shop] = await Promise.all([openBrowser(), openShop()]);
  const [admin, agent] = [await freePort(), await freePort()];
  agentPort = agent;
  base = `http://127.0.0.1:${admin}`;
  const servers = APPS.map(
    (name) =>
      `  server ${name} ${addressOf(name)}:${shop.port} weight 100 agent-check agent-addr 127.0.0.1 agent-port ${agent} agent-inter 500 agent-send "web/${name}\\n"`,
  );
  haproxy = await startHaproxy({ config: `${HAPROXY_DEFAULTS}backend web\n${servers.join("\n")}\n` });
  const check = { type: "http-content", path: "/", contains: "it works", every: "500ms", fast: "100ms" };
  const targets = Object.fromEntries(APPS.map((name) => [name, `${addressOf(name)}:${shop.port}`]));
  config = {
    admin: { listen: `127.0.0.1:${admin}`, token: TOKEN },
    agent: { listen: `127.0.0.1:${agent}` },
    pools: {
      web: {
        ...{ check, targets, group: "shop", at_least: 2, haproxy_weight: 100 },
        weight: { by: "latencyMs", curve: { 0: 100, 60000: 99 } },
        runtime: { sockets: [haproxy.socket], backend: "web" },
      },
      images: { check, targets: { img1: `127.0.2.1:${shop.port}` } },
    },
  };
  checkd = await startCheckd(config);
});
afterEach(async () => {
  for (const tab of tabs.splice(0)) {
    expect(tab.errors).toEqual([]);
    expect(tab.requests.filter((url) => !url.startsWith(`${base}/`) && !url.startsWith("data:"))).toEqual([]);
    await tab.close();
  }
});
afterAll(async () => {
  await browser?.close();
  await checkd?.stop();
  await haproxy?.stop();
  await shop?.close();
});

describe("the overview", () => {
  it("shows by itself when a server breaks and when it is mended, first what is sick, and says so once aloud", async () => {
    const page = await live();
    await shows(page.getByRole("heading", { level: 1, name: "all 2 pools well" }));
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["Lately", "images", "web"]);

    shop.breaks(addressOf("app2"));
    await shows(rowOf(page, "web", "app2").getByText("down", { exact: true }));
    await shows(page.getByRole("heading", { level: 1, name: "1 pool degraded" }));
    expect(await page.title()).toBe("1 pool degraded - checkd");
    expect(await page.getByRole("status").first().textContent()).toBe("1 pool degraded - checkd");
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["Lately", "web", "images"]);
    await shows(rowOf(page, "web", "app2").getByText(WRONG));
    expect(await page.locator("section.pool tbody th a").first().textContent()).toBe("app2");
    await shows(page.getByRole("img", { name: /^last \d+: \d+ pass, \d+ fail/ }));
    await shows(page.getByRole("complementary").getByText("web/app2"));
    await picture(page, "overview-light");

    shop.mends(addressOf("app2"));
    await shows(rowOf(page, "web", "app2").getByText("up", { exact: true }));
    await shows(page.getByRole("heading", { level: 1, name: "all 2 pools well" }));
  });

  it("lets its connection go while nobody looks at the tab, and knows afterwards what happened meanwhile", async () => {
    const { page, requests } = await open();
    await shows(page.locator("body.live"));
    const look = (hidden: boolean): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    const streams = (): number => requests.filter((url) => url.includes("/api/events")).length;
    shop.breaks(addressOf("app3"));
    const lines = page.getByRole("complementary").locator("li", { hasText: "web/app3" });
    await shows(lines.getByText("down", { exact: true }));
    await Promise.all([
      page.waitForEvent("requestfailed", (request) => request.url().includes("/api/events")),
      look(true),
    ]);
    const before = streams();
    shop.mends(addressOf("app3"));
    await until("app3 to be up", async () => (await told("web/app3")).startsWith("up"));
    shop.breaks(addressOf("app3"));
    await until("app3 to be down", async () => (await told("web/app3")).startsWith("down"));
    shop.mends(addressOf("app3"));
    await until("app3 to be up", async () => (await told("web/app3")).startsWith("up"));
    expect(streams()).toBe(before);
    await look(false);
    await shows(lines.getByText("down", { exact: true }).nth(1));
    expect((await lines.locator("b").allTextContents()).slice(0, 4)).toEqual(["up", "down", "up", "down"]);
  });

  it("finds targets, with a form that needs no script", async () => {
    const page = await live();
    await page.getByRole("searchbox").fill("img1");
    await page.keyboard.press("Enter");
    await page.waitForURL(/find=img1/);
    await shows(rowOf(page, "images", "img1"));
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.getByRole("link", { name: "show all" }).click();
    await shows(rowOf(page, "web", "app1"));
  });

  it("is used with the keyboard alone", async () => {
    const page = await live();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("skip to the pools");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    const name = (): Promise<string | null | undefined> => page.evaluate(() => document.activeElement?.textContent);
    for (let press = 0; press < 40 && (await name()) !== "app1"; press++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/shop/web/app1");
  });
});

describe("a target's page", () => {
  it("goes from the probe to what HAProxy shows, and follows", async () => {
    const page = await live("/shop/web/app3", { colorScheme: "dark" });
    await shows(page.getByRole("heading", { level: 1, name: /^app3 up/ }));
    shop.breaks(addressOf("app3"));
    await shows(page.getByRole("heading", { level: 1, name: /^app3 down/ }));
    const chain = page.locator("section", { has: page.getByRole("heading", { name: "From the probe to HAProxy" }) });
    await shows(chain.getByText(WRONG).first());
    await shows(chain.locator("li", { hasText: "judged" }).getByText("down"));
    const line = chain.locator("code.line");
    await shows(line.getByText(/^down #/));
    expect(`${await line.textContent()}\n`).toBe(await told("web/app3"));
    await shows(chain.locator("li", { hasText: "runtime" }).getByText("DOWN"));
    expect((await haproxy.server("web/app3")).status).toMatch(/^DOWN/);
    await shows(page.locator("#plot canvas"));
    await page.getByText(/^the last \d+ observations$/).click();
    await shows(page.getByRole("cell", { name: "fail", exact: true }));
    await shows(page.getByText("latencyMs", { exact: true }));
    await picture(page, "target-dark");
    shop.mends(addressOf("app3"));
    await shows(page.getByRole("heading", { level: 1, name: /^app3 up/ }));
    await shows(chain.locator("li", { hasText: "runtime" }).getByText("UP"));
  });

  it("of a name that is gone says so", async () => {
    const { page } = await open("/shop/web/app9");
    await shows(page.getByRole("heading", { name: "There is no such pool or target" }));
  });
});

/** Fills in the form of a target's page, up to the question whether that is meant. */
async function fill(page: Page, order: string, reason: string, token: string | null): Promise<Locator> {
  await page.getByRole("radio", { name: order }).check();
  await page.getByLabel("reason").fill(reason);
  await page.getByLabel("who").fill("anna");
  if (token !== null) await page.getByLabel("token").fill(token);
  await page.locator("form.order button").click();
  const dialog = page.getByRole("dialog");
  await shows(dialog.locator("li"));
  return dialog;
}

describe("an order", () => {
  it("names its consequences first, then stands everywhere with who, why and until when, and is ended", async () => {
    const page = await live("/shop/web/app1");
    const dialog = await fill(page, "drain", "kernel update", TOKEN);
    await shows(dialog.getByText(/^2 of 3 members remain$/));
    await shows(dialog.getByText(/app1 from up \d+% to up 0% \(drain\)/));
    await picture(page, "order-confirm-light");
    await dialog.getByRole("button", { name: "Drain" }).click();
    await shows(page.getByText("app1 is under drain."));
    await dialog.waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.activeElement?.closest("form")?.className)).toBe("order");
    await shows(page.getByRole("heading", { level: 1, name: /^app1 drain/ }));
    expect(await told("web/app1")).toMatch(/^up 0% #drain by anna: kernel update/);

    const other = await live("/");
    await shows(rowOf(other, "web", "app1").getByText("drain by anna: kernel update"));
    await shows(rowOf(other, "web", "app1").getByText(/^until \d\d:\d\d:\d\d UTC, (29|30)m to go$/));

    const end = await fill(page, "ready", "update is done", null);
    await shows(end.getByText("3 of 3 members serve"));
    await end.getByRole("button", { name: "End the order" }).click();
    await shows(page.getByRole("heading", { level: 1, name: /^app1 up/ }));
    await shows(rowOf(other, "web", "app1").getByText(/^up/));
    await shows(other.getByRole("complementary").getByText("update is done"));
  });

  it("with a wrong token changes nothing, says so, and asks for it again", async () => {
    const page = await live("/shop/web/app1");
    const dialog = await fill(page, "maint", "try", "wrong");
    await dialog.getByRole("button", { name: "Maint" }).click();
    await shows(dialog.getByRole("alert").getByText("this is not the token"));
    await page.keyboard.press("Escape");
    expect(await page.getByLabel("token").isVisible()).toBe(true);
    expect(await told("web/app1")).toMatch(/^up/);
    const again = await fill(page, "maint", "try", TOKEN);
    await again.getByRole("button", { name: "cancel" }).click();
    expect(await told("web/app1")).toMatch(/^up/);
  });

  it("without a token is not even sent", async () => {
    const { page, requests } = await open("/shop/web/app1");
    await shows(page.locator("form.order"));
    await page.getByLabel("reason").fill("x");
    await page.getByLabel("who").fill("anna");
    await page.locator("form.order button").click();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(requests.filter((url) => url.includes("override"))).toEqual([]);
  });

  it("that would leave fewer than at_least is refused, unless that is said as well", async () => {
    const page = await live("/images/images/img1", { colorScheme: "dark" });
    const dialog = await fill(page, "maint", "new disk", TOKEN);
    await shows(dialog.getByText("0 of 1 member remains, fewer than at_least 1"));
    const button = dialog.getByRole("button", { name: "Maint" });
    expect(await button.isDisabled()).toBe(true);
    await picture(page, "order-refused-dark");
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole("checkbox").check();
    await button.click();
    await shows(page.getByRole("heading", { level: 1, name: /^img1 maint/ }));
    expect(await told("images/img1")).toMatch(/^down #maint by anna: new disk/);
    const end = await fill(page, "ready", "done", null);
    await end.getByRole("button", { name: "End the order" }).click();
    await shows(page.getByRole("heading", { level: 1, name: /^img1 up/ }));
  });

  it("is looked at anew when the pool changes while the question stands", async () => {
    const page = await live("/shop/web/app1");
    const dialog = await fill(page, "drain", "kernel", TOKEN);
    await shows(dialog.getByText(/^2 of 3 members remain$/));
    shop.breaks(addressOf("app2"));
    await shows(dialog.getByText("1 of 3 members remains, fewer than at_least 2"));
    expect(await dialog.getByRole("button", { name: "Drain" }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("drain…");
    shop.mends(addressOf("app2"));
    await shows(page.getByText("3 of 3 serve"));
  });
});

describe("without script", () => {
  it("everything can be read: state, reasons, chain, and how to order in a shell; links, folds and the search work", async () => {
    shop.breaks(addressOf("app2"));
    const watch = await live();
    await shows(rowOf(watch, "web", "app2").getByText("down", { exact: true }));
    const { page } = await open("/", { javaScriptEnabled: false });
    await shows(page.getByRole("heading", { level: 1, name: "1 pool degraded" }));
    await shows(rowOf(page, "web", "app2").getByText(WRONG));
    await shows(page.locator("footer noscript"));
    await page.getByRole("searchbox").fill("app2");
    await page.keyboard.press("Enter");
    await page.waitForURL(/find=app2/);
    expect(await page.locator("tbody tr").count()).toBe(1);
    await rowOf(page, "web", "app2").getByRole("link").click();
    await shows(page.getByRole("heading", { level: 1, name: /^app2 down/ }));
    await shows(page.locator("code.line").getByText(/^down #/));
    await shows(page.getByText("checkd drain web/app2 --reason 'why' --for 30m"));
    await page.getByText(/^the last \d+ observations$/).click();
    await shows(page.getByRole("cell", { name: "fail", exact: true }));
    expect(await page.locator("form.order").count()).toBe(0);
    expect(await page.locator("#plot").isVisible()).toBe(false);
    await picture(page, "target-without-script");
    shop.mends(addressOf("app2"));
    await shows(rowOf(watch, "web", "app2").getByText("up", { exact: true }));
  });
});

describe("on any screen", () => {
  it.each([
    ["/", "light", 1280],
    ["/", "dark", 1900],
    ["/", "light", 360],
    ["/shop/web", "dark", 360],
    ["/shop/web/app1", "light", 1280],
    ["/shop/web/app1", "dark", 360],
  ] as const)("%s, %s, %d wide, fits and keeps nobody out", async (path, colorScheme, width) => {
    const page = await live(path, { colorScheme, viewport: { width, height: 800 } });
    if (path.endsWith("app1")) {
      await shows(page.locator("#plot canvas"));
      await page.getByText(/^the last \d+ observations$/).click();
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(Number(/\d+/.exec(paper)?.[0]) > 128).toBe(colorScheme === "light");
    expect(await barriers(page)).toEqual([]);
    await picture(page, `${path === "/" ? "overview" : path.slice(1).replaceAll("/", "-")}-${colorScheme}-${width}`);
  });
});

describe("when the daemon restarts", () => {
  it("the page says that it is old, comes back by itself and hears what happens then", async () => {
    const page = await live();
    await checkd.stop();
    await shows(
      page.getByRole("alert").getByText(/^checkd does not answer\. What you see is from \d\d:\d\d:\d\d UTC\.$/),
    );
    expect(await page.title()).toBe("checkd does not answer");
    expect(await rowOf(page, "web", "app1").isVisible()).toBe(true);
    expect(await barriers(page)).toEqual([]);
    await picture(page, "overview-lost");
    shop.breaks(addressOf("app1"));
    checkd = await startCheckd(config);
    await shows(page.locator("body.live"));
    await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor({ state: "hidden" });
    await shows(rowOf(page, "web", "app1").getByText("down", { exact: true }));
    shop.mends(addressOf("app1"));
    await shows(rowOf(page, "web", "app1").getByText("up", { exact: true }));
    await shows(page.getByRole("complementary").getByText("web/app1"));
  });
});

describe("where reading needs the token", () => {
  it("nothing is shown before it is given; it is kept for the tab only", async () => {
    const port = await freePort();
    const closed = await startCheckd({
      admin: { listen: `0.0.0.0:${port}`, token: TOKEN },
      pools: { web: { check: { type: "http-content" }, targets: { app1: `${addressOf("app1")}:${shop.port}` } } },
    });
    const tab = await openTab(browser, `http://127.0.0.1:${port}/`);
    const { page } = tab;
    try {
      await shows(page.getByRole("heading", { name: "Reading needs the token" }));
      expect(await page.content()).not.toContain("app1");
      await page.getByLabel("token").fill("wrong");
      await page.getByRole("button", { name: "read" }).click();
      await shows(page.getByRole("alert").getByText("That is not the token."));
      expect(await barriers(page)).toEqual([]);
      await page.getByLabel("token").fill(TOKEN);
      await page.getByRole("button", { name: "read" }).click();
      await shows(rowOf(page, "web", "app1"));
      await rowOf(page, "web", "app1").getByRole("link").click();
      await shows(page.getByRole("heading", { level: 1, name: /^app1 up/ }));
      expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(TOKEN);
      expect(page.url()).not.toContain("correct");
      expect(tab.errors).toEqual([]);
    } finally {
      await tab.close();
      await closed.stop();
    }
  });

  it("orders are off where there is no token at all", async () => {
    const port = await freePort();
    const tokenless = await startCheckd({
      admin: { listen: `127.0.0.1:${port}` },
      pools: { web: { check: { type: "http-content" }, targets: { app1: `${addressOf("app1")}:${shop.port}` } } },
    });
    const { page, close } = await openTab(browser, `http://127.0.0.1:${port}/web/web/app1`);
    try {
      await shows(page.getByText("Orders are off: checkd has no admin.token."));
      expect(await page.locator("form.order").count()).toBe(0);
    } finally {
      await close();
      await tokenless.stop();
    }
  });
});

describe("a thousand targets", () => {
  it("are shown, followed and scrolled through without holding the browser up", async () => {
    const port = await freePort();
    const address = (index: number): string => `127.7.${Math.floor(index / 250)}.${(index % 250) + 1}`;
    const names = Array.from({ length: 1000 }, (_, index) => `web${String(index).padStart(4, "0")}`);
    for (const index of [77, 500, 998]) shop.breaks(address(index));
    const many = await startCheckd({
      admin: { listen: `127.0.0.1:${port}` },
      pools: {
        many: {
          check: { type: "http-content", contains: "it works", every: "4s", timeout: "3s", fall: 1 },
          targets: Object.fromEntries(names.map((name, index) => [name, `${address(index)}:${shop.port}`])),
        },
      },
    });
    const { page, close, errors } = await openTab(browser, "about:blank");
    await page.addInitScript(() => {
      const tasks: number[] = [];
      Object.assign(window, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: "longtask",
      });
    });
    const longest = (): Promise<number> =>
      page.evaluate(() => Math.max(0, ...(Reflect.get(window, "tasks") as number[]).splice(0)));
    try {
      await page.goto(`http://127.0.0.1:${port}/`);
      for (const sick of ["web0077", "web0500", "web0998"])
        await shows(rowOf(page, "many", sick).getByText("down", { exact: true }));
      expect(await page.locator("*").count()).toBeLessThan(1500);
      await picture(page, "thousand-overview");
      await page.getByRole("link", { name: "985 targets more in many" }).click();
      await page.getByText("985 targets more, all well").click();
      await shows(page.getByRole("link", { name: "web0020", exact: true }));
      await longest();
      const busy = await cpuOf(page);
      for (let turn = 0; turn < 25; turn++) {
        await page.mouse.wheel(0, 1600);
        await sleep(60);
      }
      await page.keyboard.press("End");
      await shows(page.getByRole("link", { name: "web0999", exact: true }));
      expect(await page.locator("tbody tr").count()).toBeLessThan(200);
      shop.breaks(address(3));
      await sleep(6000);
      // 50 ms is where a jerk begins; the rest is for a machine that does other things as well.
      expect(await longest()).toBeLessThan(500);
      // Its own time on the processor does not depend on what else runs: scrolling and three refreshes.
      expect(await busy()).toBeLessThan(2000);
      await page.evaluate(() => scrollTo(0, 0));
      await shows(rowOf(page, "many", "web0003").getByText("down", { exact: true }));
      await picture(page, "thousand-pool", false);
      expect(errors).toEqual([]);
    } finally {
      await close();
      await many.stop();
    }
  });
});
