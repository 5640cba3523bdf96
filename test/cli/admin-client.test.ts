import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { adminClient } from "../../src/cli/admin-client.ts";

let server: Server | null = null;
afterEach(() => void server?.close());

/** A daemon that finds the first `refusals` questions too many. */
async function busy(refusals: number): Promise<{ readonly admin: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const one = createServer((request, reply) => {
    asked.push(`${request.method} ${request.url}`);
    const fine = asked.length > refusals;
    reply.writeHead(fine ? 200 : 429, { "content-type": "application/json", connection: "close" });
    reply.end(JSON.stringify(fine ? { pools: [] } : { error: { code: "too_many_requests", message: "too many" } }));
  });
  server = one;
  await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
  return { admin: `http://127.0.0.1:${(one.address() as AddressInfo).port}`, asked };
}

it("asks again when it was too much at once, so that a site with many pools can be shown", async () => {
  const { admin, asked } = await busy(2);
  expect(await adminClient({ admin }, {}).get("/api/pools")).toEqual({ pools: [] });
  expect(asked).toEqual(["GET /api/pools", "GET /api/pools", "GET /api/pools"]);
});
