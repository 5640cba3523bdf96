import { expect, it } from "vitest";
import type { Entered, Journal } from "../../src/contract.ts";
import { until } from "../servers/process.ts";
import { EventClient } from "./event-client.ts";
import { type RunningAdmin, runAdmin } from "./running-admin.ts";

/** A journal in which a test writes what it likes. */
function noisyJournal() {
  const seers = new Set<(entered: Entered) => void>();
  const journal: Journal = {
    about: () => [],
    follow(_after, see, signal) {
      seers.add(see);
      signal.addEventListener("abort", () => seers.delete(see), { once: true });
    },
  };
  let id = 0;
  const say = (told: string): void => {
    id += 1;
    const delivery = {
      outlet: "runtime",
      about: "web/app1",
      state: "synced",
      at: 0,
      told,
      shown: null,
      error: null,
    } as const;
    for (const see of seers) see({ id, pool: "web", what: delivery });
  };
  return { journal, say };
}

async function metric(admin: RunningAdmin, name: string): Promise<number> {
  const { text } = await admin.ask("/metrics");
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1]);
}

it("lets 200 clients go that do not read, while others hear everything and the memory stays bounded", async () => {
  const { journal, say } = noisyJournal();
  const admin = await runAdmin({ given: { journal } });
  const clients: EventClient[] = [];
  const listen = async (): Promise<EventClient> => {
    const client = new EventClient(admin.port);
    clients.push(client);
    await client.hear("hello");
    return client;
  };
  try {
    for (let each = 0; each < 200; each++) {
      (await listen()).socket.pause();
      if (each % 50 === 0) await admin.clock.advance(1000);
    }
    const quick = await listen();
    const before = process.memoryUsage().rss;
    const long = "x".repeat(400_000);
    let said = 0;
    for (; said < 400 && (await metric(admin, "checkd_events_dropped_total")) < 200; said++) {
      say(`${said} ${long}`);
      await admin.clock.advance(100);
      await until("the one that reads to have it", () => quick.text.lastIndexOf(`"told":"${said} `) > 0, 15_000, 2);
    }
    expect(await metric(admin, "checkd_events_dropped_total")).toBe(200);
    expect(quick.closed).toBe(false);
    expect(quick.events.filter(({ name }) => name === "delivery")).toHaveLength(said);
    // What waits is shared: 200 clients with a megabyte each of their own would show.
    expect(process.memoryUsage().rss - before).toBeLessThan(1024 << 20);
    await until("the slow ones to be gone", async () => (await metric(admin, "checkd_events_clients")) === 1);
  } finally {
    for (const client of clients) client.end();
    await admin.stop();
  }
});
