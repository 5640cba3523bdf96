import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asking, type RunningAdmin, runAdmin } from "./running-admin.ts";

let admin: RunningAdmin;
beforeAll(async () => {
  admin = await runAdmin();
});
afterAll(() => admin.stop());

const PATH = "/api/pools/web/app1/override";
const good = { order: "drain", owner: "ann", reason: "disk" };
const error = { error: { code: expect.any(String), message: expect.any(String) } };

/** What comes back for bytes as they are, until the other side closes. */
function say(bytes: string | Buffer, endAfterMs = 800): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(admin.port, "127.0.0.1", () => socket.write(bytes));
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString();
    });
    socket.on("close", () => done(heard));
    socket.on("error", (cause) => (heard === "" ? fail(cause) : done(heard)));
    socket.setTimeout(endAfterMs, () => socket.destroy());
  });
}

describe("a malformed body", () => {
  it.each<readonly [string, Asking, number]>([
    ["no body", {}, 400],
    ["no JSON", { raw: "order=drain" }, 400],
    ["half of it", { raw: '{"order":"dr' }, 400],
    ["a list", { raw: "[]" }, 400],
    ["null", { raw: "null" }, 400],
    ["a number", { raw: "7" }, 400],
    ["an unknown key", { body: { ...good, unless: "never" } }, 400],
    ["a missing key", { body: { order: "drain", owner: "ann" } }, 400],
    ["an unknown order", { body: { ...good, order: "explode" } }, 400],
    ["an order of another type", { body: { ...good, order: ["drain"] } }, 400],
    ["an empty reason", { body: { ...good, reason: "  " } }, 400],
    ["a line end in the reason", { body: { ...good, reason: "a\nb" } }, 400],
    ["a bell in the owner", { body: { ...good, owner: "ann\u0007" } }, 400],
    ["a reason without end", { body: { ...good, reason: "x".repeat(201) } }, 400],
    ["no duration", { body: { ...good, for: "soon" } }, 400],
    ["a duration of nothing", { body: { ...good, for: "0" } }, 400],
    ["a duration of ages", { body: { ...good, for: "9999d" } }, 400],
    ["a prototype", { raw: '{"__proto__":{"x":1},"order":"drain","owner":"a","reason":"b"}' }, 400],
    ["a constructor", { raw: '{"constructor":{"prototype":{"x":1}},"order":"drain","owner":"a","reason":"b"}' }, 400],
    ["too many bytes", { body: { ...good, reason: "x".repeat(20_000) } }, 413],
  ])("%s is refused in the one shape of errors", async (_, asking, status) => {
    const answer = await admin.ask(PATH, { method: "POST", token: "right", ...asking });
    expect([answer.status, answer.json]).toEqual([status, error]);
    expect(admin.given.board.get("web/app1")?.override).toBeNull();
  });

  it.each<readonly [unknown, string]>([
    [{}, "body.order: is required; body.owner: is required; body.reason: is required"],
    [{ ...good, order: "drian" }, 'body.order: "drian" is not allowed (did you mean "drain"?)'],
    [{ ...good, owner: 7 }, "body.owner: expected text, got a number (put it in quotes)"],
    [{ ...good, reasn: "x" }, 'body.reasn: unknown key "reasn" (did you mean "reason"?)'],
    [{ ...good, for: "5 minutes" }, 'body.for: "5 minutes" does not fit (write 30m, 2h or 1d (1s to 366d))'],
    [{ ...good, reason: " " }, "body.reason: must not be empty"],
    [[], "body: expected an object {order, owner, reason, for, force}, got a list"],
  ])("%j is told what is wrong in words of ours", async (body, message) => {
    const { json } = await admin.ask(PATH, { method: "POST", token: "right", body });
    expect(json).toEqual({ error: { code: "bad_request", message } });
  });

  it.each([
    ["/api/pools?limit=x", 'query.limit: expected a whole number, got "x"'],
    ["/api/pools?limit=0", 'query.limit: must be at least 1, got "0"'],
    ["/?all=yes", 'query.all: "yes" is not allowed (allowed: 0, 1)'],
    ["/?al=1", 'query.al: unknown key "al" (did you mean "all"?)'],
    ["/api/pools/web/app1/preview?order=x", 'query.order: "x" is not allowed (allowed: drain, maint, ready)'],
    ["/api/events?observations=x", 'query.observations: "x" is not allowed (did you mean "0"?)'],
  ])("the query of %s is told so too", async (path, message) => {
    expect(await admin.ask(path)).toMatchObject({ status: 400, json: { error: { message } } });
  });

  it("of hundreds of megabytes is never read to its end", async () => {
    const heard = await say(
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer right\r\nContent-Type: application/json\r\nContent-Length: 900000000\r\n\r\n{`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toContain('{"error":{"code":"body_too_large"');
  });

  it("in chunks without end is cut off", async () => {
    const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
    const heard = await say(
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer right\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(8)}`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("is read as JSON whatever it is called: at night nobody thinks of a header", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const asking = { method: "POST", token: "right", headers, raw: JSON.stringify(good) };
    expect((await admin.ask(PATH, asking)).status).toBe(200);
    expect((await admin.ask(PATH, { method: "DELETE", token: "right" })).status).toBe(200);
  });
});

describe("a malformed request", () => {
  it.each([
    ["no HTTP", "hello\r\n\r\n", 400],
    ["bytes", Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), 400],
    ["a header without end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(40_000)}\r\n\r\n`, 431],
    ["two lengths", `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, 400],
    [
      "a length and chunks",
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["a broken escape", "GET /api/pools/%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400],
  ])("%s is answered in the one shape of errors", async (_, bytes, status) => {
    const heard = await say(bytes);
    expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(
      JSON.parse(heard.slice(heard.indexOf("\r\n\r\n") + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, "")),
    ).toEqual(error);
  });

  it.each([
    ["a path too far", "/api/pools/web/app1/override/more", 404],
    ["a way up", "/api/pools/..%2f..%2fetc%2fpasswd/x", 404],
    ["a way up from the page", "/api/page/..%2f..%2fpackage.json", 404],
    ["a prototype", "/api/pools/__proto__", 404],
    ["a method of all objects", "/api/pools/constructor/toString", 404],
    ["a prototype as a group", "/__proto__", 404],
    ["five words", "/a/b/c/d/e", 404],
    ["a long name", `/${"x".repeat(300)}`, 404],
    ["a name without end", `/api/pools/${"x".repeat(5000)}`, 400],
  ])("%s is nothing", async (_, path, expected) => {
    const { status, json } = await admin.ask(path);
    expect([status, json]).toEqual([expected, error]);
  });

  it.each([
    ["/shop/web/", "/shop/web"],
    ["//shop", "/shop"],
    ["/api/pools/", "/api/pools"],
    ["/api/pools/web/app1/", "/api/pools/web/app1"],
    ["/healthz/", "/healthz"],
  ])("%s is %s", async (written, meant) => {
    const [one, other] = [await admin.ask(written), await admin.ask(meant)];
    expect([one.status, Object.keys(Object(one.json))]).toEqual([200, Object.keys(Object(other.json))]);
  });

  it.each(["PUT", "PATCH", "OPTIONS", "DELETE"])("%s of a list is told what is taken", async (method) => {
    const { status, headers, json } = await admin.ask("/api/pools", { method, token: "right" });
    expect([status, headers.allow, json]).toEqual([405, "GET, HEAD", error]);
  });

  it.each([
    ["GET", PATH, 404, undefined],
    ["PUT", PATH, 405, "POST, DELETE"],
    ["POST", "/shop/web", 405, "GET, HEAD"],
    ["POST", "/api/nothing", 404, undefined],
  ])("%s %s is answered with %d", async (method, path, expected, allow) => {
    const { status, headers } = await admin.ask(path, { method, token: "right" });
    expect([status, headers.allow]).toEqual([expected, allow]);
  });

  it.each(["last-event-id: x", "last-event-id: -1", "last-event-id: 99999999999999999999"])(
    "%s of a client of the events counts as none",
    async (header) => {
      const heard = await say(`GET /api/events HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`, 300);
      expect(heard).toContain('"resumed":false');
    },
  );

  it("leaves the process as it was", async () => {
    expect((await admin.ask("/healthz")).status).toBe(200);
    expect(admin.rig.lines.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(Reflect.get({}, "x")).toBeUndefined();
  });
});
