import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Asking, type RunningAdmin, runAdmin } from "./running-admin.ts";
import { type Description, wrongBy } from "./schemas.ts";

let admin: RunningAdmin;
let description: Description;
beforeAll(async () => {
  admin = await runAdmin();
  description = (await admin.ask("/api/openapi.json")).json as Description;
});
afterAll(() => admin.stop());

const order = { order: "drain", owner: "ann", reason: "disk", for: "30m" };

/** Every route of the description, asked so that it answers, and so that it refuses. */
const calls: readonly (readonly [string, string, string, Asking, number])[] = [
  ["get", "/api/pools", "/api/pools", {}, 200],
  ["get", "/api/pools", "/api/pools?limit=1&after=db", {}, 200],
  ["get", "/api/pools", "/api/pools?limit=many", {}, 400],
  ["get", "/api/pools/{pool}", "/api/pools/web", {}, 200],
  ["get", "/api/pools/{pool}", "/api/pools/nobody", {}, 404],
  ["get", "/api/pools/{pool}/{target}", "/api/pools/web/app1", {}, 200],
  ["get", "/api/pools/{pool}/{target}", "/api/pools/web/nobody", {}, 404],
  ["get", "/api/pools/{pool}/{target}/preview", "/api/pools/web/app1/preview?order=drain", {}, 200],
  ["get", "/api/pools/{pool}/{target}/preview", "/api/pools/web/app1/preview", {}, 400],
  ["post", "/api/pools/{pool}/{target}/override", "/api/pools/web/app1/override", { body: order, token: "right" }, 200],
  ["post", "/api/pools/{pool}/{target}/override", "/api/pools/web/app2/override", { body: order, token: "right" }, 409],
  ["post", "/api/pools/{pool}/{target}/override", "/api/pools/web/app1/override", { body: order }, 401],
  ["post", "/api/pools/{pool}/{target}/override", "/api/pools/web/app9/override", { body: order, token: "right" }, 404],
  ["post", "/api/pools/{pool}/{target}/override", "/api/pools/web/app1/override", { body: {}, token: "right" }, 400],
  ["delete", "/api/pools/{pool}/{target}/override", "/api/pools/web/app1/override?owner=bob", { token: "right" }, 200],
  ["post", "/api/pools/{pool}/{target}/probe", "/api/pools/web/app1/probe", { token: "right" }, 200],
  ["get", "/healthz", "/healthz", {}, 200],
  ["get", "/readyz", "/readyz", {}, 200],
  ["get", "/metrics", "/metrics", {}, 200],
  ["get", "/api/openapi.json", "/api/openapi.json", {}, 200],
  ["get", "/", "/", {}, 200],
  ["get", "/", "/?all=1", {}, 200],
  ["get", "/{group}", "/shop", {}, 200],
  ["get", "/{group}", "/nobody", {}, 404],
  ["get", "/{group}/{pool}", "/shop/web", {}, 200],
  ["get", "/{group}/{pool}", "/shop/web?all=1", {}, 200],
  ["get", "/{group}/{pool}/{target}", "/shop/web/app1", {}, 406],
  ["get", "/api/page/{name}", "/api/page/app.js", {}, 404],
];

function wrong(method: string, path: string, { status, json, headers, text }: Answer): string | null {
  const content = description.paths[path]?.[method]?.responses[status]?.content;
  if (content === undefined) return `${status} is not described`;
  const [type = "", { schema } = { schema: {} }] = Object.entries(content)[0] ?? [];
  const told = String(headers["content-type"]);
  if (type !== "*/*" && !told.startsWith(type)) return `${told} is not ${type}`;
  return type === "application/json" ? wrongBy(description, schema, json) : wrongBy(description, schema, text);
}

describe("every route answers as /api/openapi.json says", () => {
  it.each(calls)("%s %s: %s (%o) -> %d", async (method, path, url, asking, status) => {
    const answer = await admin.ask(url, { method: method.toUpperCase(), ...asking });
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([status, expect.anything()]);
    expect(wrong(method, path, answer)).toBeNull();
  });

  it("none is left out here, but the events, which do not end", () => {
    const called = new Set(calls.map(([method, path]) => `${method} ${path}`));
    const described = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(described.filter((route) => !called.has(route))).toEqual(["get /api/events"]);
  });

  it("notices an answer that is not as described", async () => {
    const { json } = await admin.ask("/api/pools/web");
    const schema = description.paths["/api/pools/{pool}"]?.get?.responses["200"]?.content["application/json"]?.schema;
    expect(wrongBy(description, schema ?? {}, json)).toBeNull();
    expect(wrongBy(description, schema ?? {}, { ...(json as object), more: 1 })).not.toBeNull();
    expect(wrongBy(description, schema ?? {}, { ...(json as object), targets: [{}] })).not.toBeNull();
  });

  it("parameters and bodies are described too", () => {
    const post = description.paths["/api/pools/{pool}/{target}/override"]?.post;
    expect(post?.parameters.map(({ name }) => name)).toEqual(["pool", "target"]);
    expect(JSON.stringify(post?.requestBody)).toContain("OrderBody");
    expect(Object.keys(description.components.schemas)).toEqual(
      expect.arrayContaining(["Target", "Verdict", "OrderBody", "event.verdict", "Error"]),
    );
  });
});

describe("lists", () => {
  it("come in pieces that together are everything, each once", async () => {
    const names: string[] = [];
    let after = "";
    for (let piece = 0; piece < 10; piece++) {
      const { json } = await admin.ask(`/api/pools/web?limit=2${after}`);
      const { targets, next } = json as { targets: { name: string }[]; next: string | null };
      names.push(...targets.map(({ name }) => name));
      if (next === null) break;
      after = `&after=${encodeURIComponent(next)}`;
    }
    expect(names).toEqual(["app1", "app2", "app3"]);
  });
});

describe("the query interface", () => {
  it("names groups, pools and those instances that may take traffic; a pool without a group is one of its own", async () => {
    const { given, clock } = admin;
    const [app1, app2, app3, db1] = ["web/app1", "web/app2", "web/app3", "db/db1"].map((id) => {
      const host = given.board.get(id as `${string}/${string}`)?.target;
      return `${host?.host}:${host?.port}`;
    });
    await admin.ask("/api/pools/web/app2/override", {
      ...{ method: "POST", token: "right", body: { ...order, for: "1m", force: true } },
    });
    expect((await admin.ask("/")).json).toEqual({
      db: { db: { instances: [db1] } },
      shop: { web: { instances: [app1, app3] } },
    });
    expect((await admin.ask("/shop/web")).json).toEqual({ shop: { web: { instances: [app1, app3] } } });
    expect((await admin.ask("/db")).json).toEqual({ db: { db: { instances: [db1] } } });
    const { json } = await admin.ask("/shop?all=1");
    expect(json).toMatchObject({
      shop: {
        web: { instances: [{ name: "app1", serves: true }, { address: app2, order: "drain", serves: false }, {}] },
      },
    });
    await clock.advance(61_000);
    expect((await admin.ask("/shop/web")).json).toEqual({ shop: { web: { instances: [app1, app2, app3] } } });
  });

  it("answers a browser too, as long as there is no page", async () => {
    const answer = await admin.ask("/", { headers: { accept: "text/html,application/xhtml+xml;q=0.9" } });
    expect([answer.status, String(answer.headers["content-type"])]).toEqual([200, "application/json; charset=utf-8"]);
  });
});
