import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isLoopback, refusalOf } from "../../src/admin/http/access.ts";
import { Rate } from "../../src/admin/http/rate.ts";
import { secretFile } from "../../src/config/secret.ts";
import { until } from "../servers/process.ts";
import { type AdminSetup, type RunningAdmin, runAdmin, secret } from "./running-admin.ts";

let running: RunningAdmin | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});
const start = async (setup: AdminSetup): Promise<RunningAdmin> => {
  running = await runAdmin(setup);
  return running;
};

const reads = [
  "/",
  "/shop/web",
  "/api/pools",
  "/api/pools/web/app1",
  "/metrics",
  "/healthz",
  "/readyz",
  "/api/openapi.json",
];
const change = { method: "POST", body: { order: "drain", owner: "ann", reason: "disk" } };
const PATH = "/api/pools/web/app1/override";

describe("who may read and change", () => {
  it.each<readonly [string, AdminSetup["admin"], string | undefined, number, number]>([
    ["loopback, no token shown", {}, undefined, 200, 401],
    ["loopback, the token", {}, "right", 200, 200],
    ["loopback, a wrong token", {}, "wrong", 401, 401],
    ["loopback, none configured", { token: null }, undefined, 200, 403],
    ["loopback, none configured, one shown", { token: null }, "right", 200, 403],
    ["any address, no token shown", { listen: "0.0.0.0:0" }, undefined, 401, 401],
    ["any address, the token", { listen: "0.0.0.0:0" }, "right", 200, 200],
    ["any address, a wrong token", { listen: "0.0.0.0:0" }, "wrong", 401, 401],
    ["any address, public, no token shown", { listen: "0.0.0.0:0", read: "public" }, undefined, 200, 401],
    ["any address, public, the token", { listen: "0.0.0.0:0", read: "public" }, "right", 200, 200],
    ["any address, public, none configured", { listen: "0.0.0.0:0", read: "public", token: null }, undefined, 200, 403],
  ])("%s", async (_, admin, token, read, write) => {
    const one = await start({ admin: admin ?? {} });
    const shown = token === undefined ? {} : { token };
    for (const path of reads) {
      const { status, headers, json } = await one.ask(path, shown);
      expect([path, status]).toEqual([path, read]);
      if (status === 401) {
        expect(headers["www-authenticate"]).toBe('Bearer realm="checkd"');
        expect(json).toEqual({ error: { code: "unauthorized", message: expect.any(String) } });
      }
    }
    const answers = [await one.ask(PATH, { ...change, ...shown }), await one.ask(PATH, { method: "DELETE", ...shown })];
    expect(answers.map(({ status }) => status)).toEqual([write, write]);
    expect((await one.ask("/api/page/app.js", {})).status).toBe(404);
  });

  it("changes nothing for whoever is refused, and says how a token is set", async () => {
    const one = await start({ admin: { token: null } });
    const { text } = await one.ask(PATH, change);
    expect(text).toContain("set admin.token");
    expect(one.given.board.get("web/app1")?.override).toBeNull();
  });

  it("takes the token as a password for reads, never for changes: browsers send that by themselves", async () => {
    const one = await start({ admin: { listen: "0.0.0.0:0" } });
    const headers = { authorization: `Basic ${Buffer.from("anybody:right").toString("base64")}` };
    expect((await one.ask("/api/pools", { headers })).status).toBe(200);
    expect((await one.ask(PATH, { ...change, headers })).status).toBe(401);
    const wrong = { authorization: `Basic ${Buffer.from("right:").toString("base64")}` };
    expect((await one.ask("/api/pools", { headers: wrong })).status).toBe(401);
  });

  it("follows a token file that is replaced", async () => {
    const dir = mkdtempSync(join(tmpdir(), "checkd-token-"));
    const file = join(dir, "token");
    writeFileSync(file, "first\n");
    try {
      const one = await start({ admin: { listen: "0.0.0.0:0", token: secretFile(file) } });
      const statusWith = async (token: string): Promise<number> => {
        await one.clock.advance(1000); // or wrong tokens would be too many
        return (await one.ask("/api/pools", { token })).status;
      };
      expect(await statusWith("first")).toBe(200);
      writeFileSync(`${file}.new`, "second, longer\n");
      renameSync(`${file}.new`, file);
      await until("the new token to be taken", async () => (await statusWith("second, longer")) === 200, 10_000, 100);
      expect(await statusWith("first")).toBe(401);
      writeFileSync(file, "");
      await until("the old one to be refused", async () => (await statusWith("second, longer")) === 401, 10_000, 100);
      expect((await one.ask("/api/pools", { headers: { authorization: "Bearer " } })).status).toBe(401);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 30_000);
});

describe("a refusal", () => {
  it.each(["127.0.0.1:1", "127.8.8.8:1", "localhost:1", "[::1]:1"])("%s is reached from here alone", (listen) => {
    expect(isLoopback(listen)).toBe(true);
  });
  it.each(["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.example.org:1", "nonsense"])("%s is not", (listen) => {
    expect(isLoopback(listen)).toBe(false);
  });
  it("never holds the token", () => {
    const admin = { listen: "0.0.0.0:1", read: "token", token: secret("s3cret-word") } as const;
    const refusals = [undefined, "Bearer s3cret-wore", "Basic x", "Bearer"].map((text) =>
      refusalOf(admin, "change", text),
    );
    expect(refusals.every((each) => each?.status === 401)).toBe(true);
    expect(JSON.stringify(refusals.map((each) => [each?.message, each?.headers]))).not.toContain("s3cret");
  });
});

describe("the rate", () => {
  it("lets a burst pass, then so many a second; a wrong token costs many", () => {
    const rate = new Rate();
    const taken = (now: number, cost = 1) =>
      Array.from({ length: 600 }, () => rate.take("p", now, cost)).filter(Boolean);
    expect(taken(0)).toHaveLength(500);
    expect(taken(1000)).toHaveLength(100);
    expect(taken(2000, 25)).toHaveLength(4);
    expect(rate.take("other", 2000)).toBe(true);
  });

  it("remembers a bounded number of peers", () => {
    const rate = new Rate();
    for (let peer = 0; peer < 30_000; peer++) rate.take(String(peer), peer);
    expect(rate.size).toBeLessThanOrEqual(10_000);
  });

  it("answers 429 with the time to wait, in the one shape of errors", async () => {
    const one = await start({});
    let last = await one.ask("/healthz");
    for (let tries = 0; tries < 40 && last.status !== 429; tries++)
      last = await one.ask("/healthz", { token: "wrong" });
    expect([last.status, last.headers["retry-after"]]).toEqual([429, "1"]);
    expect(last.json).toEqual({ error: { code: "too_many_requests", message: expect.any(String) } });
    await one.clock.advance(5000);
    expect((await one.ask("/healthz")).status).toBe(200);
  });
});
