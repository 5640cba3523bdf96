import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { packed, takesGzip } from "../../src/admin/http/packing.ts";

it.each([
  [undefined, false],
  ["", false],
  ["identity", false],
  ["br", false],
  ["gzip", true],
  ["GZIP", true],
  ["gzip, deflate, br, zstd", true],
  ["deflate;q=0.5 , gzip ; q=0.1", true],
  ["gzip;q=0", false],
  ["gzip;q=0.000, *", false],
  ["*", true],
  ["*;q=0", false],
  ["x-gzip", true],
])("a client that accepts %j is sent gzip: %j", (accepts, takes) => {
  expect(takesGzip(accepts)).toBe(takes);
});

const text = "a pool with its targets ".repeat(200);
const answer = { status: 200, type: "text/html", headers: { vary: "accept" } };

it.each([
  ["a document", text],
  ["a script", Buffer.from(text)],
])("%s is packed for whoever takes that, and caches are told what it depends on", async (_, body) => {
  const sent = await packed({ ...answer, body }, "gzip");
  expect(sent.headers).toEqual({ vary: "accept, accept-encoding", "content-encoding": "gzip" });
  expect(sent.body.length).toBeLessThan(text.length / 10);
  expect(gunzipSync(Buffer.from(sent.body)).toString()).toBe(text);
  const plain = await packed({ ...answer, body }, undefined);
  expect(plain).toEqual({ ...answer, body, headers: { vary: "accept, accept-encoding" } });
});

it("a script is packed once, and what is short not at all", async () => {
  const body = Buffer.from(text);
  const [first, second] = [await packed({ ...answer, body }, "gzip"), await packed({ ...answer, body }, "gzip")];
  expect(second.body).toBe(first.body);
  expect((await packed({ ...answer, body: "short" }, "gzip")).body).toBe("short");
});
