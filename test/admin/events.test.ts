import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventAnswers } from "../../src/admin/event-answers.ts";
import { MOST_CLIENTS } from "../../src/admin/events/hub.ts";
import { until } from "../servers/process.ts";
import { EventClient } from "./event-client.ts";
import { type RunningAdmin, runAdmin } from "./running-admin.ts";

let admin: RunningAdmin;
const clients: EventClient[] = [];
beforeEach(async () => {
  admin = await runAdmin();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await admin.stop();
});

async function listen(path = "/api/events", headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
  const client = new EventClient(admin.port, path, headers);
  clients.push(client);
  await client.hear("hello");
  return client;
}

const drain = (target = "app1", order = "drain") =>
  admin.ask(`/api/pools/web/${target}/override`, {
    ...{ method: "POST", token: "right", body: { order, owner: "ann", reason: "disk", for: "1h", force: true } },
  });

/** What the journal has entered is sent a moment later, by the clock of the test. */
const flush = () => admin.clock.advance(100);

describe("the events", () => {
  it("are told as they happen, as they are described, with growing ids", async () => {
    const client = await listen("/api/events?observations=1");
    await drain();
    await admin.ask("/api/pools/web/app1/override?owner=bob&reason=done", { method: "DELETE", token: "right" });
    await admin.rig.engine.configure(admin.settings, [...admin.admin.parts(admin.settings)]);
    await admin.clock.advance(3000);
    await client.hear("observed");
    const names = client.events.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["hello", "order", "verdict", "audit", "observed"]));
    for (const { name, data } of client.events)
      expect(eventAnswers[name as keyof typeof eventAnswers].safeParse(data).error).toBeUndefined();
    const ids = client.events.flatMap(({ id }) => (id === null ? [] : [id]));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    expect(client.events.filter(({ name }) => name === "audit").map(({ data }) => data.text)).toEqual([
      "drain ordered by ann for 1h: disk",
      "drain of ann ended by bob: done",
    ]);
  });

  it("leave single observations out unless they are asked for", async () => {
    const client = await listen();
    await admin.clock.advance(5000);
    await drain();
    await flush();
    await client.hear("verdict");
    expect(client.events.map(({ name }) => name)).not.toContain("observed");
  });

  it("are of one pool or target where that is asked for", async () => {
    const [pool, target, other] = [
      await listen("/api/events?pool=web"),
      await listen("/api/events?pool=web&target=app2"),
      await listen("/api/events?pool=db"),
    ];
    await drain("app1");
    await drain("app2", "maint");
    await flush();
    await pool?.hear("verdict", ({ data }) => data.target === "app2");
    await target?.hear("verdict");
    expect(new Set(target?.events.slice(1).map(({ data }) => data.target))).toEqual(new Set(["app2"]));
    expect(other?.events.map(({ name }) => name)).toEqual(["hello"]);
  });

  it("resume after the last id that a client has seen: nothing twice, nothing left out", async () => {
    const first = await listen();
    await drain("app1");
    await flush();
    await first.hear("verdict");
    const last = first.events.findLast(({ id }) => id !== null)?.id ?? 0;
    first.end();
    await drain("app2");
    await admin.clock.advance(1000);
    const second = await listen("/api/events", { "last-event-id": String(last) });
    expect((await second.hear("hello")).data.resumed).toBe(true);
    await second.hear("verdict", ({ data }) => data.target === "app2");
    expect(second.events.some(({ data }) => data.target === "app1")).toBe(false);
    await drain("app3");
    await flush();
    await second.hear("verdict", ({ data }) => data.target === "app3");
    const ids = second.events.flatMap(({ id }) => (id === null ? [] : [id]));
    expect(Math.min(...ids)).toBeGreaterThan(last);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  it("end when the daemon stops, and give a sign of life while nothing happens", async () => {
    const client = await listen("/api/events?pool=db&target=nobody");
    await admin.clock.advance(31_000);
    await until("two beats", () => (client.text.match(/:\n\n/g) ?? []).length >= 2);
    await admin.stop();
    await until("the end", () => client.closed);
  });

  it("are told to so many clients and no more", async () => {
    for (let each = 0; each < MOST_CLIENTS; each++) {
      clients.push(new EventClient(admin.port));
      if (each % 100 === 0) await admin.clock.advance(5000); // or they would be too many requests at once
    }
    await until("all to be heard", () => clients.every((client) => client.events.length > 0), 20_000);
    await admin.clock.advance(5000);
    const { status, json } = await admin.ask("/api/events");
    expect([status, json]).toEqual([503, { error: { code: "too_many_clients", message: expect.any(String) } }]);
  }, 40_000);
});
