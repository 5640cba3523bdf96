import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { httpContent } from "../../checks/http-content.ts";
import type { Observation, Probe } from "../../src/index.ts";
import { question, targetAt, testEnv } from "../contract/checker-bench.ts";
import { selfSigned } from "../servers/certificates.ts";
import { type Fake, fake } from "../servers/misbehaving.ts";
import { until } from "../servers/process.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
interface Place {
  readonly host: string;
  readonly port: number;
}

const cleanUp: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function listen(server: Server): Promise<Place> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: "127.0.0.1", port: address.port };
}

const web = (handler: Handler): Promise<Place> => listen(createServer(handler));

async function raw(text: string, end = true): Promise<Fake> {
  const server = await fake((socket) => {
    socket.once("data", () => (end ? socket.end(text) : socket.write(text)));
  });
  cleanUp.push(() => server.close());
  return server;
}

function probeOf(at: Place, options: Readonly<Record<string, unknown>>, hint: (why: string) => void = () => {}): Probe {
  const check = httpContent.create(httpContent.options.parse(options), testEnv());
  const probe = check.open(targetAt(at), hint);
  cleanUp.push(() => probe.close());
  return probe;
}

async function seen(at: Place, options: Readonly<Record<string, unknown>>, ms = 10_000): Promise<Observation> {
  return (await question(probeOf(at, options), ms)).seen;
}

const page: Handler = (_request, response) => response.end("<html>test me</html>");

describe("what is expected", () => {
  const json = JSON.stringify({ status: "ok", nodes: [{ up: true, lag: 3 }], "a.b": { c: null } });
  const answers: Readonly<Record<string, Handler>> = {
    "/page": page,
    "/empty": (_q, r) => r.writeHead(204).end(),
    "/broken": (_q, r) => r.writeHead(500).end("test me, although broken"),
    "/moved": (_q, r) => r.writeHead(302, { location: "/login" }).end(),
    "/json": (_q, r) => r.end(json),
    "/gbk": (_q, r) => {
      r.writeHead(200, { "content-type": "text/html; charset=gbk" }).end(Buffer.from([0xb2, 0xe2, 0xca, 0xd4]));
    },
  };

  it.each([
    ["/page", {}, "pass", "200"],
    ["/page", { contains: "test me" }, "pass", '200 with "test me"'],
    ["/page", { contains: ["test", "me"] }, "pass", '200 with "test"'],
    ["/page", { contains: "Test me" }, "fail", 'expected "Test me", got 200 "<html>test me</html>"'],
    ["/page", { contains: ["test", "you"] }, "fail", 'expected "you", got 200 "<html>test me</html>"'],
    ["/page", { not_contains: "error" }, "pass", "200"],
    ["/page", { not_contains: ["error", "test"] }, "fail", 'expected no "test", but it is in the content'],
    ["/page", { matches: "t[aeiou]st +me" }, "pass", "200 with /t[aeiou]st +me/"],
    ["/page", { matches: "^test" }, "fail", 'expected /^test/, got 200 "<html>test me</html>"'],
    ["/page", { status: 204 }, "fail", "expected status 204, got 200"],
    ["/page", { status: "100-199, 300-399" }, "fail", "expected status 100-199,300-399, got 200"],
    ["/empty", { status: [200, "204-205"] }, "pass", "204"],
    ["/empty", { contains: "x" }, "fail", 'expected "x", got 204 without content'],
    ["/broken", { contains: "test me" }, "fail", "expected status 200-299, got 500"],
    ["/broken", { contains: "test me", any_status: true }, "pass", '500 with "test me"'],
    ["/moved", {}, "fail", 'expected status 200-299, got 302 to "/login"'],
    ["/moved", { status: 302 }, "pass", "302"],
    ["/json", { json: { status: "ok" } }, "pass", '200 with status = "ok"'],
    [
      "/json",
      { json: { "nodes[0].up": true, "nodes[0].lag": 3, '["a.b"].c': null } },
      "pass",
      "200 with nodes[0].up = true",
    ],
    ["/json", { json: { status: "bad" } }, "fail", 'expected status = "bad", got "ok"'],
    ["/json", { json: { "nodes[0].lag": "3" } }, "fail", 'expected nodes[0].lag = "3", got 3'],
    ["/json", { json: { "nodes[1].up": true } }, "fail", "expected nodes[1].up = true, got nothing"],
    ["/json", { json: { status: "ok" }, max_body: 10 }, "fail", "expected JSON, got more than 10 bytes (max_body)"],
    ["/page", { json: { status: "ok" } }, "fail", 'expected JSON, got 200 "<html>test me</html>"'],
    ["/gbk", { contains: "测试" }, "pass", '200 with "测试"'],
  ] as const)("%s with %j: %s", async (path, options, outcome, reason) => {
    const at = await web((request, response) => answers[request.url ?? ""]?.(request, response));
    expect(await seen(at, { path, ...options })).toMatchObject({ outcome, reason });
  });

  it("measures latency, status and bytes", async () => {
    const { facts } = await seen(await web(page), {});
    expect(facts).toMatchObject({ status: 200, bytes: 20 });
    expect(facts.latencyMs).toBeGreaterThan(0);
  });
});

describe("what is asked", () => {
  it("sends method, path, headers and a body with its length, filled in for the target", async () => {
    let got: unknown;
    const at = await web(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { host, authorization, "content-length": length, "transfer-encoding": coding } = request.headers;
      got = { method: request.method, url: request.url, host, authorization, length, coding, body };
      response.end();
    });
    const headers = { Authorization: "Basic c2VjcmV0" };
    const options = {
      method: "POST",
      path: "/check?name={name}",
      host: "{name}.example:81",
      headers,
      body: "für {name}",
    };
    expect(await seen(at, options)).toMatchObject({ outcome: "pass" });
    expect(got).toEqual({
      method: "POST",
      url: "/check?name=app1",
      host: "app1.example:81",
      authorization: "Basic c2VjcmV0",
      length: "9",
      coding: undefined,
      body: "für app1",
    });
  });

  it("names the target in the Host header, and closes the connection", async () => {
    let headers: IncomingMessage["headers"] = {};
    const at = await web((request, response) => {
      headers = request.headers;
      response.end();
    });
    await seen(at, {});
    expect(headers).toMatchObject({ host: `127.0.0.1:${at.port}`, connection: "close" });
    expect(headers["accept-encoding"]).toBeUndefined();
  });

  it("keeps the values of headers and the body out of what is printed", () => {
    const options = httpContent.options.parse({ headers: { Authorization: "Basic c2VjcmV0" }, body: "hunter2" });
    expect(JSON.stringify(options)).not.toMatch(/c2VjcmV0|hunter2/);
  });
});

describe("how an answer is read", () => {
  it("finds a text that is split over packets", async () => {
    const at = await web((_request, response) => {
      response.write("te");
      setTimeout(() => response.write("st "), 15);
      setTimeout(() => response.end("me"), 30);
    });
    expect(await seen(at, { contains: "test me" })).toMatchObject({ outcome: "pass" });
    expect(await seen(at, { contains: "test me", any_status: true })).toMatchObject({ outcome: "pass" });
  });

  it.each([
    [8, "fail"],
    [9, "pass"],
  ])("reads no more than max_body: %i bytes", async (max, outcome) => {
    const at = await web((_request, response) => response.end("a test me b"));
    expect(await seen(at, { contains: "test me", max_body: max })).toMatchObject({ outcome, facts: { bytes: max } });
  });

  const CUT = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntest me";

  it("fails an answer that breaks off, even with the text in it", async () => {
    const reason = "answer cut off after 7 bytes";
    expect(await seen(await raw(CUT), { contains: "test me" })).toMatchObject({ outcome: "fail", reason });
  });

  it("judges by any_status what came before an answer broke off, as curl | grep does", async () => {
    const at = await raw(CUT);
    expect(await seen(at, { contains: "test me", any_status: true })).toMatchObject({ outcome: "pass" });
    expect(await seen(at, { contains: "test you", any_status: true })).toMatchObject({
      outcome: "fail",
      reason: 'expected "test you", got 200 "test me", then cut off',
    });
  });

  it("does not wait for the rest when any_status has found its text", async () => {
    const at = await raw(CUT, false);
    expect(await seen(at, { contains: "test me", any_status: true })).toMatchObject({ outcome: "pass" });
    expect(await seen(at, { contains: "test me" }, 60)).toMatchObject({
      outcome: "fail",
      reason: "answer not complete after 7 bytes: no answer in time",
    });
  });

  it("takes an answer without a length that ends with the connection for whole", async () => {
    const at = await raw("HTTP/1.0 200 OK\r\n\r\ntest me");
    expect(await seen(at, { contains: "test me" })).toMatchObject({ outcome: "pass" });
  });

  it.each([true, false])("reads compressed content, offered or not (gzip: %s)", async (gzip) => {
    let offered: string | string[] | undefined;
    const at = await web((request, response) => {
      offered = request.headers["accept-encoding"];
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("test me"));
    });
    expect(await seen(at, { contains: "test me", gzip })).toMatchObject({ outcome: "pass", facts: { bytes: 7 } });
    expect(offered).toBe(gzip ? "gzip" : undefined);
  });

  it("does not unpack more than max_body", async () => {
    const at = await web((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50_000_000)));
    });
    const reason = 'expected "x", not in the first 1024 bytes';
    expect(await seen(at, { contains: "x", max_body: "1kb" })).toMatchObject({ outcome: "fail", reason });
  });

  it("fails content that is not compressed as it says", async () => {
    const at = await web((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("plain"));
    const { outcome, reason } = await seen(at, {});
    expect({ outcome, reason }).toEqual({ outcome: "fail", reason: expect.stringMatching(/content is no valid gzip/) });
  });

  const UPGRADE = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  it.each([
    ["a switch of protocols that is expected", UPGRADE, { status: 101 }, "pass", /^101$/],
    ["a switch of protocols that is not", UPGRADE, {}, "fail", /got 101/],
    ["a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", {}, "fail", /broken HTTP answer/],
    ["a huge header", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, {}, "fail", /larger than 16kb/],
    ["a TLS alert", "\x15\x03\x01\x00\x02\x02\x0a", {}, "fail", /expected HTTP, got TLS \(set scheme: https\)/],
    ["100 Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {}, "pass", /^200$/],
    ["half a header", "HTTP/1.1 200 OK\r\nContent-", {}, "fail", /broken HTTP answer|closed without an answer/],
  ] as const)("understands %s", async (_, text, options, outcome, reason) => {
    expect(await seen(await raw(text), options)).toMatchObject({ outcome, reason: expect.stringMatching(reason) });
  });
});

describe("redirects", () => {
  const site: Handler = (request, response) => {
    const to: Readonly<Record<string, string>> = {
      "/one": "two",
      "/two": "/page?x=1",
      "/loop": "/loop",
      "/away": "http://other.example/",
      "/odd": "ftp://127.0.0.1/",
    };
    const location = to[request.url ?? ""];
    if (location === undefined) response.end(`${request.method} ${request.url}`);
    else response.writeHead(request.url === "/two" ? 303 : 302, { location }).end();
  };

  it.each([
    ["/one", 2, "pass", '200 with "GET /page?x=1"'],
    ["/one", 1, "fail", "more than 1 redirects"],
    ["/loop", 10, "fail", "more than 10 redirects"],
    ["/away", 5, "fail", "redirect to another host: http://other.example/"],
    ["/odd", 5, "fail", "redirect to another host: ftp://127.0.0.1/"],
  ] as const)("%s with %i of them: %s", async (path, redirects, outcome, reason) => {
    const at = await web(site);
    expect(await seen(at, { path, redirects, contains: "GET /page?x=1" })).toMatchObject({ outcome, reason });
  });

  it("stay with the target, whatever the Host header calls it, and turn a POST into a GET without body", async () => {
    const bodies: string[] = [];
    const at = await web(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      bodies.push(`${request.method} ${request.headers.host} ${body}`);
      if (request.url === "/") response.writeHead(302, { location: "http://shop.example/next" }).end();
      else response.end("test me");
    });
    const options = { method: "POST", body: "x", host: "shop.example", redirects: 1, contains: "test me" };
    expect(await seen(at, options)).toMatchObject({ outcome: "pass" });
    expect(bodies).toEqual(["POST shop.example x", "GET shop.example "]);
  });

  it("lead from http to https on the same host, also beside a kept connection", async () => {
    const own = selfSigned(["IP:127.0.0.1"]);
    const secure = await listen(createHttps({ key: own.key, cert: own.cert }, page));
    const at = await web((_request, response) => {
      response.writeHead(301, { location: `https://127.0.0.1:${secure.port}/` }).end();
    });
    const probe = probeOf(at, { keep_alive: true, redirects: 1, contains: "test me" });
    for (let n = 0; n < 2; n++) {
      // The other scheme is verified too: nobody has vouched for this certificate.
      expect((await question(probe, 10_000)).seen.reason).toMatch(/TLS: self-signed certificate/);
    }
  });
});

describe("TLS", () => {
  const named = selfSigned(["DNS:shop.example"]);

  it("asks for the name of the Host header and verifies it", async () => {
    let asked: unknown;
    const server = createHttps({ key: named.key, cert: named.cert }, (request, response) => {
      asked = "servername" in request.socket ? request.socket.servername : undefined;
      response.end("test me");
    });
    const at = await listen(server);
    const options = { scheme: "https", contains: "test me", tls: { ca: named.cert } };
    expect(await seen(at, { ...options, host: "shop.example" })).toMatchObject({ outcome: "pass" });
    expect(asked).toBe("shop.example");
    expect(await seen(at, { ...options, tls: { ca: named.cert, servername: "shop.example" } })).toMatchObject({
      outcome: "pass",
    });
    expect(await seen(at, options)).toMatchObject({
      outcome: "fail",
      reason: expect.stringContaining("not for 127.0.0.1, but for DNS:shop.example"),
    });
    expect(await seen(at, { ...options, tls: { verify: false } })).toMatchObject({ outcome: "pass" });
  });

  it("shows its own certificate, and says what is wrong with its own files", async () => {
    const client = selfSigned(["DNS:checkd.example"]);
    const both = { key: named.key, cert: named.cert, ca: client.cert, requestCert: true, rejectUnauthorized: true };
    const at = await listen(createHttps(both, (_request, response) => response.end("test me")));
    const options = { scheme: "https", host: "shop.example" };
    const own = { ca: named.cert, cert: client.cert, key: client.key };
    expect(await seen(at, { ...options, tls: own })).toMatchObject({ outcome: "pass" });
    expect(await seen(at, { ...options, tls: { ca: named.cert } })).toMatchObject({ outcome: "fail" });
    expect(await seen(at, { ...options, tls: { ca: "/nonexistent/ca.pem" } })).toMatchObject({
      outcome: "unknown",
      reason: "tls.ca cannot be read: ENOENT",
    });
  });
});

describe("a kept connection", () => {
  function counting(): { readonly server: Server; readonly connections: () => number } {
    let connections = 0;
    const server = createServer(page).on("connection", () => connections++);
    server.keepAliveTimeout = 60_000;
    return { server, connections: () => connections };
  }

  it("carries nine of ten questions", async () => {
    const { server, connections } = counting();
    const probe = probeOf(await listen(server), { keep_alive: true, contains: "test me" });
    for (let n = 0; n < 20; n++) expect((await question(probe, 10_000)).seen.outcome).toBe("pass");
    expect(connections()).toBe(3);
  });

  it("asks again at once when the server closes it between two questions", async () => {
    const { server, connections } = counting();
    const hints: string[] = [];
    const at = await listen(server);
    const probe = probeOf(at, { keep_alive: true }, (why) => hints.push(why));
    await question(probe, 10_000);
    server.closeAllConnections();
    await until("a hint", () => hints.length > 0);
    expect(hints).toEqual([`127.0.0.1:${at.port} closed the kept connection`]);
    expect((await question(probe, 10_000)).seen.outcome).toBe("pass");
    expect(connections()).toBe(2);
  });

  it("asks over a new one when it is closed under a question", async () => {
    let answered = 0;
    const server = await fake((socket) => {
      let first = true;
      socket.on("data", () => {
        if (!first) return void socket.resetAndDestroy();
        first = false;
        answered += 1;
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    cleanUp.push(() => server.close());
    const hints: string[] = [];
    const probe = probeOf(server, { keep_alive: true, contains: "ok" }, (why) => hints.push(why));
    expect((await question(probe, 10_000)).seen.outcome).toBe("pass");
    expect((await question(probe, 10_000)).seen.outcome).toBe("pass");
    expect({ answered, hints: hints.length }).toEqual({ answered: 2, hints: 1 });
  });

  it.each([
    ["the server announces the end", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
    ["an old server ends it", "HTTP/1.0 200 OK\r\n\r\nok"],
  ])("is no news when %s", async (_, text) => {
    const hints: string[] = [];
    const server = await raw(text);
    const probe = probeOf(server, { keep_alive: true }, (why) => hints.push(why));
    await question(probe, 10_000);
    await question(probe, 10_000);
    expect({ taken: server.taken(), hints }).toEqual({ taken: 2, hints: [] });
  });

  it("does not hint when the probe itself closes it", async () => {
    const { server } = counting();
    const hints: string[] = [];
    const probe = probeOf(await listen(server), { keep_alive: true }, (why) => hints.push(why));
    await question(probe, 10_000);
    await probe.close();
    await until(
      "the connection to be closed",
      () => new Promise<boolean>((done) => server.getConnections((_e, n) => done(n === 0))),
    );
    expect(hints).toEqual([]);
  });
});

describe("bad options", () => {
  it.each([
    [{ scheme: "ftp" }, "scheme"],
    [{ method: "BREW" }, "method"],
    [{ path: "no-slash" }, "write a path that begins with /"],
    [{ path: "/a b" }, "percent-encoded"],
    [{ host: "a/b" }, "write a host name"],
    [{ headers: { "bad name": "x" } }, "is no header name"],
    [{ headers: { good: "a\nb" } }, "is no header value"],
    [{ status: 99 }, '"99" is no status'],
    [{ status: "300-200" }, '"300-200" is no status'],
    [{ status: [] }, "status"],
    [{ any_status: true, status: 200 }, "says nothing beside any_status"],
    [{ matches: "(a" }, '"(a" is no RE2 pattern: missing closing )'],
    [{ matches: "(?=a)" }, "is no RE2 pattern"],
    [{ json: { "a..b": 1 } }, "is no path"],
    [{ json: { a: [1] } }, "json"],
    [{ max_body: "64kib" }, "is no size"],
    [{ redirects: 11 }, "redirects"],
    [{ tls: {} }, "needs scheme: https"],
    [{ scheme: "https", tls: { cert: "x" } }, "cert and key are given together"],
    [{ method: "HEAD", contains: "x" }, "HEAD brings no content"],
    [{ contains: "" }, "contains"],
  ])("%j", (options, words) => {
    const issues = httpContent.options.safeParse(options).error?.issues ?? [];
    expect(JSON.stringify(issues.map(({ path, message }) => ({ path, message })))).toContain(
      JSON.stringify(words).slice(1, -1),
    );
  });
});
