import { setImmediate as turn } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { createPage } from "../../src/admin/page/server.tsx";
import type { PageAnswer } from "../../src/admin/page-door.ts";
import { answerOf, downOf, NOW, poolOf, readerOf, requestOf, targetOf } from "./page-made.ts";

const textOf = ({ body }: PageAnswer): string => (typeof body === "string" ? body : new TextDecoder().decode(body));
const pageOf = (reader: ReturnType<typeof readerOf>) => createPage({ reader, version: "1.2.3" });
const htmlOf = async (reader: ReturnType<typeof readerOf>, path = "/", more = {}): Promise<string> =>
  textOf(await pageOf(reader).render(requestOf(path, more)));
const dataOf = (html: string): unknown => JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "null");
/** What is read: no tags, no data. */
const readable = (html: string): string =>
  html
    .replace(/<(head|script)\b.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'\`{{x}}&amp;<!-- ${"\u2028"}`;

describe("the overview", () => {
  const order = {
    order: "maint" as const,
    owner: "ann",
    reason: "disk swap",
    since: NOW,
    until: "2026-01-02T03:34:05.000Z",
  };
  const down = poolOf({
    name: "db",
    state: "down",
    serving: 0,
    members: 1,
    alarms: [{ code: "none-up", text: "no target serves", target: null }],
  });
  const lag = { fact: "lagSeconds", values: [1, null, 36.31] };
  let html = "";
  beforeAll(async () => {
    html = await htmlOf(
      readerOf([
        [
          poolOf({ state: "up", ordered: 1, serving: 2 }),
          [targetOf("app1", { weight: 60, trend: lag }), targetOf("app2", { order, serves: false })],
        ],
        [down, [downOf("db1", { id: "db/db1", pending: true })]],
      ]),
    );
  });

  it("says first how things are, in one line and on the tab", () => {
    expect(html).toContain("<h1>1 pool down</h1>");
    expect(html).toContain("<title>1 pool down - checkd</title>");
    expect(readable(html)).toContain("2 of 4 targets serve, 1 under order");
  });

  it("has the pool that is down first, with its alarm", () => {
    const text = readable(html);
    expect(text.indexOf("0 of 1 serve, at least 1 wanted")).toBeLessThan(text.indexOf("2 of 3 serve, 1 under order"));
    expect(text).toContain("no target serves");
  });

  it("says of each target its state, reason, age, and of an order who, why and until when", () => {
    const text = readable(html);
    expect(text).toMatch(/db1 10\.0\.0\.1:80 down confirming weight 0% refused 4m last 3: 1 pass, 2 fail/);
    expect(text).toMatch(/app1 10\.0\.0\.1:80 up 60% weight 60% 200 4m last 3: 3 pass lag: 36.3s, at most 36.3s/);
    expect(text).toContain("maint by ann: disk swap until 03:34:05 UTC, 30m to go");
  });

  it("has landmarks, one first heading, named tables with headers for columns and rows", () => {
    expect(html.match(/<main\b/g)).toHaveLength(1);
    expect(html.match(/<h1\b/g)).toHaveLength(1);
    expect(html).toMatch(/<html lang="en">/);
    expect(html.match(/<table role="table" aria-rowcount="\d+" aria-label="targets of /g)).toHaveLength(2);
    expect(html.match(/<th scope="col"/g)).toHaveLength(14);
    expect(html.match(/<th scope="row"/g)).toHaveLength(3);
    expect(html).toContain('href="#content"');
  });

  it("links to each pool and target, so that it works without script", () => {
    expect(html).toContain('href="/db/db/db1"');
    expect(html).toContain('href="/web/web/app2"');
    expect(html).toContain('href="/db/db"');
    expect(html).toContain('<form method="get"');
  });

  it("tells what happened lately, newest first", () => {
    expect(readable(html)).toMatch(/Lately 03:04:05 0s ago web\/app2 maint by ann: disk swap 03:00:05 4m ago/);
  });
});

describe("what is on other pages", () => {
  const reader = () =>
    readerOf(
      [
        [poolOf({ group: "shop" }), [targetOf("app1"), downOf("app2")]],
        [poolOf({ name: "db" }), [targetOf("db1", { id: "db/db1" })]],
      ],
      answerOf(targetOf("app1", { reason: "it is fine" })),
    );

  it.each([
    ["/shop", 200, ["app1", "app2"], ["db1"]],
    ["/shop/web", 200, ["app1", "app2"], ["db1"]],
    ["/db", 200, ["db1"], ["app1"]],
    ["/shop/web/app1", 200, ["it is fine", "From the probe to HAProxy"], ["app2"]],
    ["/shop/web/app9", 404, ["There is no such pool or target"], ["app1"]],
    ["/other", 404, ["There is no such pool or target"], ["app1"]],
    ["/%E0%A4%A", 404, ["There is no such pool or target"], ["app1"]],
  ])("%s answers %d with what belongs there", async (path, status, there, elsewhere) => {
    const answer = await pageOf(reader()).render(requestOf(path));
    expect(answer.status).toBe(status);
    for (const text of there) expect(readable(textOf(answer))).toContain(text);
    for (const text of elsewhere) expect(textOf(answer)).not.toContain(text);
  });

  it("is nothing at all without the right to read", async () => {
    const answer = await pageOf(reader()).render(requestOf("/shop/web/app1", { mayRead: false }));
    expect(answer.status).toBe(401);
    expect(textOf(answer)).toContain("Reading needs the token");
    for (const text of ["app1", "app2", "db1", "shop"]) expect(textOf(answer)).not.toContain(text);
  });

  it("is what is looked for", async () => {
    const html = await htmlOf(reader(), "/", { query: { find: "APP2" } });
    expect(readable(html)).toContain("app2");
    expect(html).not.toContain("/db/db/db1");
    expect(html).toContain('value="APP2"');
    expect(readable(await htmlOf(reader(), "/", { query: { find: "nowhere" } }))).toContain(
      'nothing has "nowhere"'.replaceAll('"', "&quot;"),
    );
  });
});

describe("a target's page", () => {
  const target = downOf("app1", { trend: { fact: "lagSeconds", values: [1, 40] }, reason: "lag 40s" });
  const full = answerOf(target, {
    agent: { line: "down #lag 40s", changes: true },
    deliveries: [
      {
        outlet: "runtime",
        about: "web/app1",
        state: "synced",
        at: NOW,
        told: "agent down",
        shown: "DOWN (agent)",
        error: null,
      },
      { outlet: "publish-current", about: "p/k", state: "failed", at: NOW, told: "x", shown: null, error: "refused" },
    ],
    notes: [{ id: 9, at: null, code: "order", text: "ann ordered drain" }],
    meta: { zone: "fra1" },
    explain: { lines: [{ about: "change", text: "a; b" }], would: ["two passes bring it back", "app2 going down"] },
  });
  let html = "";
  beforeAll(async () => {
    html = await htmlOf(readerOf([], full), "/web/web/app1");
  });

  it("goes from the probe over the rules and the agent's line to what HAProxy showed, in this order", () => {
    const text = readable(html);
    const stages = [
      "probe pass",
      "judged up",
      "checks together down",
      "agent line down #lag 40s",
      "runtime synced told agent down , afterwards it showed DOWN (agent)",
      "publish-current failed",
    ];
    const found = stages.map((stage) => text.indexOf(stage));
    expect(found.every((at) => at >= 0)).toBe(true);
    expect([...found].sort((a, b) => a - b)).toEqual(found);
  });

  it("has the exact line, the raw facts, what would change it, the history, and the order for a shell", () => {
    const text = readable(html);
    expect(html).toContain('<code class="line">down #lag 40s</code>');
    expect(text).toMatch(/Raw facts http-content status 200 from the source zone fra1/);
    expect(text).toContain("two passes bring it back app2 going down");
    expect(text).toMatch(/What changed order ann ordered drain 2026-01-02 03:04:05 0s ago down lag 40s/);
    expect(text).toContain("the last 1 observation");
    expect(text).toContain("checkd drain web/app1 --reason");
    expect(html).toMatch(/id="plot" role="img" aria-label="lag: 40s now, 40s at most"/);
  });

  it("offers to end the order where one stands, and nothing for a reference", async () => {
    const order = { order: "drain" as const, owner: "ann", reason: "x", since: NOW, until: null };
    const ordered = answerOf(targetOf("it's", { id: "web/it's", order }));
    const text = readable(await htmlOf(readerOf([], ordered), "/web/web/it's"));
    expect(text).toContain("drain ordered by ann at 2026-01-02 03:04:05 UTC: x (no end)");
    expect(text).toContain("checkd ready 'web/it'\\''s' --reason");
    const reference = answerOf(targetOf("r", { part: "reference", state: null }));
    expect(readable(await htmlOf(readerOf([], reference), "/web/web/r"))).toContain("there is nothing to order");
  });
});

describe("whatever is in names, reasons and facts", () => {
  const pool = poolOf({ name: HOSTILE, state: "down", alarms: [{ code: HOSTILE, text: HOSTILE, target: null }] });
  const target = downOf(HOSTILE, {
    id: "web/x",
    reason: HOSTILE,
    address: HOSTILE,
    order: { order: "maint", owner: HOSTILE, reason: HOSTILE, since: NOW, until: null },
  });
  const answer = answerOf(target, {
    pool,
    agent: { line: HOSTILE, changes: true },
    meta: { [HOSTILE]: HOSTILE },
    notes: [{ id: 3, at: NOW, code: HOSTILE, text: HOSTILE }],
  });

  it.each([
    ["the overview", () => htmlOf(readerOf([[pool, [target]]]), "/", { query: { find: "<" } })],
    ["a target's page", () => htmlOf(readerOf([], { ...answer, target: { ...target, id: "web/x" } }), "/web/web/x")],
  ])("is text on %s", async (_, render) => {
    const html = await render();
    expect(html).not.toMatch(/<img|<script>/);
    expect(html).not.toMatch(/<script\b(?! type="(module|application\/json)")/);
    expect(html.match(/<\/script>/g)).toHaveLength(html.match(/<script\b/g)?.length ?? 0);
    expect(html).toContain("&lt;img src=x onerror=alert(2)>");
    expect(JSON.stringify(dataOf(html))).toContain("onerror=alert(2)");
  });

  it("comes back whole to the script", async () => {
    const html = await htmlOf(readerOf([[pool, [target]]]));
    expect(dataOf(html)).toMatchObject({
      shown: { bands: [{ pool: { name: HOSTILE }, targets: [{ reason: HOSTILE }] }] },
    });
  });
});

describe("the answer", () => {
  const reader = () => readerOf([[poolOf(), [targetOf("app1")]]]);

  it("allows scripts and styles of its own only, no frame, no foreign base, and is not kept", async () => {
    const { headers } = await pageOf(reader()).render(requestOf("/"));
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
    const policy = new Map(headers?.["content-security-policy"]?.split("; ").map((part) => [part.split(" ")[0], part]));
    expect([...policy.values()].sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ]);
  });

  it.each(["/", "/web/web", "/web/web/app1", "/nothing"])(
    "%s has no style, handler or address of elsewhere in it",
    async (path) => {
      const html = await htmlOf(readerOf([[poolOf(), [targetOf("app1")]]], answerOf(targetOf("app1"))), path);
      expect(html).not.toMatch(/\sstyle=|<style|\son\w+=|javascript:/);
      const addresses = [...html.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address);
      expect(addresses.filter((address) => !/^(\/(?!\/)|#|\?|data:image\/svg)/.test(address ?? ""))).toEqual([]);
    },
  );

  it("with ?data is what the page is drawn from", async () => {
    const answer = await pageOf(reader()).render(requestOf("/", { query: { data: "1" } }));
    expect([answer.status, answer.type]).toEqual([200, "application/json; charset=utf-8"]);
    expect(JSON.parse(textOf(answer))).toMatchObject({ version: "1.2.3", mayOrder: true, shown: { kind: "pools" } });
    const locked = await pageOf(reader()).render(requestOf("/", { query: { data: "1" }, mayRead: false }));
    expect([locked.status, JSON.parse(textOf(locked)).shown]).toEqual([401, { kind: "locked" }]);
  });

  it("of a thousand targets is made a few at a time, so that agents are answered in between", async () => {
    const targets = Array.from({ length: 1000 }, (_, index) => targetOf(`app${String(index).padStart(4, "0")}`));
    const big = readerOf([[poolOf({ members: 1000 }), targets]]);
    let turns = 0;
    let done = false;
    const page = Promise.resolve(pageOf(big).render(requestOf("/web/web"))).finally(() => {
      done = true;
    });
    while (!done) {
      await turn();
      turns += 1;
    }
    const html = textOf(await page);
    expect(html.match(/<th scope="row"/g)).toHaveLength(1000);
    expect([big.pieces, turns >= 60]).toEqual([20, true]);
    expect(readable(html)).toContain("988 targets more, all well");
  });

  it("is made once for all who ask at once, and anew after", async () => {
    const one = reader();
    const page = pageOf(one);
    await Promise.all([page.render(requestOf("/")), page.render(requestOf("/")), page.render(requestOf("/"))]);
    expect(one.pieces).toBe(1);
    await page.render(requestOf("/web"));
    expect(one.pieces).toBe(2);
  });
});
