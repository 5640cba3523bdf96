import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Override } from "../../src/core/types.ts";
import type { KeptOrder, OrderShelf } from "../../src/engine/order-shelf.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { checkOf, poolOf, type Rig, rig, settingsOf, target } from "./rig.ts";

const HOUR = 3_600_000;
let dir = "";
let open: Rig[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "checkd-orders-"));
});
afterEach(async () => {
  for (const one of open) await one.stop();
  open = [];
  rmSync(dir, { recursive: true });
});

async function started(fake: FakeClock = createFakeClock(), more: Parameters<typeof rig>[0] = {}): Promise<Rig> {
  const one = rig({ fake, stateDir: dir, ...more });
  open.push(one);
  await one.engine.configure(
    settingsOf(poolOf("db", { checks: [checkOf(one.check)], targets: [target("a"), target("b")] })),
  );
  await one.clock.advance(100);
  return one;
}

const order = (one: Rig, forMs: number | null, kind: Override["order"] = "drain"): Override => ({
  order: kind,
  owner: "ann",
  reason: "disk swap",
  since: one.clock.now(),
  until: forMs === null ? null : one.clock.now() + forMs,
});

const told = ({ engine }: Rig): string => {
  const verdict = engine.board.get("db/a")?.verdict;
  return `${verdict?.state} ${verdict?.weight} ${verdict?.order}`;
};

it("drains, and ends when it is cleared", async () => {
  const one = await started();
  await one.engine.orders.set("db/a", order(one, null));
  expect(told(one)).toBe("up 0 drain");
  expect(one.engine.board.get("db/a")?.verdict?.reason).toContain("disk swap");
  await one.engine.orders.clear("db/a", "bob");
  expect(told(one)).toBe("up 100 null");
  expect(one.lines.join("\n")).toContain("drain of ann ended by bob");
});

it("refuses a target that does not exist, and clears what is not ordered without a word", async () => {
  const one = await started();
  await expect(one.engine.orders.set("db/nobody", order(one, null))).rejects.toThrow("no target db/nobody");
  await one.engine.orders.clear("db/a", "bob");
});

it("ends when its time is up", async () => {
  const one = await started();
  await one.engine.orders.set("db/a", order(one, 30 * 60_000, "maint"));
  await one.clock.advance(29 * 60_000);
  expect(told(one)).toBe("down 0 maint");
  await one.clock.advance(61_000);
  await vi.waitFor(() => expect(JSON.parse(readFileSync(join(dir, "orders.json"), "utf8")).orders).toEqual([]), 5000);
  expect(told(one)).toBe("up 100 null");
});

it("is kept when the promise resolves: a process that is killed right then finds it again", async () => {
  const one = await started();
  await one.engine.orders.set("db/a", order(one, HOUR));
  const later = createFakeClock(one.clock.now() + 10 * 60_000);
  const other = await started(later);
  expect(told(other)).toBe("up 0 drain");
  await later.advance(49 * 60_000);
  expect(told(other)).toBe("up 0 drain");
  await later.advance(2 * 60_000);
  expect(told(other)).toBe("up 100 null");
});

it("whose time ran out while nobody ran does not come back", async () => {
  const one = await started();
  await one.engine.orders.set("db/a", order(one, HOUR));
  const other = await started(createFakeClock(one.clock.now() + 2 * HOUR));
  await other.clock.advance(1000);
  expect(told(other)).toBe("up 100 null");
});

it("means the same hour after somebody set the clock", async () => {
  const one = await started();
  await one.engine.orders.set("db/a", order(one, HOUR));
  one.clock.shiftWall(-30 * 60_000);
  await one.clock.advance(80 * 60_000);
  expect(told(one)).toBe("up 0 drain");
  await one.clock.advance(11 * 60_000);
  expect(told(one)).toBe("up 100 null");
  await one.engine.orders.set("db/a", order(one, HOUR));
  one.clock.shiftWall(2 * HOUR);
  await one.clock.advance(2000);
  expect(told(one)).toBe("up 100 null");
});

it("without an end alarms after a day, and no longer when it is cleared", async () => {
  const one = await started();
  one.check.reply = null; // nothing else has to happen all day
  await one.engine.orders.set("db/a", order(one, null));
  const codes = (): readonly string[] => (one.engine.board.pool("db")?.alarms ?? []).map(({ code }) => code);
  one.clock.shiftWall(23 * HOUR);
  await one.clock.advance(2000);
  expect(codes()).not.toContain("order-without-end");
  one.clock.shiftWall(HOUR);
  await one.clock.advance(2000);
  expect(codes()).toContain("order-without-end");
  await one.engine.orders.clear("db/a", "bob");
  expect(codes()).not.toContain("order-without-end");
});

it("stands for a target that leaves and returns", async () => {
  const one = await started();
  const settings = (...names: string[]) =>
    settingsOf(poolOf("db", { checks: [checkOf(one.check)], targets: names.map((name) => target(name)) }));
  await one.engine.orders.set("db/a", order(one, null));
  await one.engine.configure(settings("b"));
  await one.clock.advance(5000);
  await one.engine.configure(settings("a", "b"));
  await one.clock.advance(100);
  expect(told(one)).toBe("up 0 drain");
});

it("puts a file that makes no sense aside, says so, and goes on without", async () => {
  writeFileSync(join(dir, "orders.json"), '{"version":1,"orders":[["db/a",{"order":"explode"}]]}');
  const one = await started();
  expect(told(one)).toBe("up 100 null");
  expect(one.lines.filter((line) => line.startsWith("error")).join()).toMatch(
    /orders\.json makes no sense.*orders\.0\.1/,
  );
  expect(readdirSync(dir)).toContain("orders.json.bad");
});

it("is not taken when it cannot be kept", async () => {
  const one = await started();
  rmSync(dir, { recursive: true });
  writeFileSync(dir, "in the way");
  await expect(one.engine.orders.set("db/a", order(one, null))).rejects.toThrow();
  expect(told(one)).toBe("up 100 null");
});

it("that another daemon gave or took back on a shared shelf is followed", async () => {
  let show: (orders: ReadonlyMap<`${string}/${string}`, KeptOrder>) => void = () => {};
  const shelf: OrderShelf = {
    load: async () => new Map(),
    put: async () => {},
    follow: (see) => {
      show = see;
    },
  };
  const one = await started(createFakeClock(), { orderShelf: shelf });
  const { order: kind, owner, reason } = order(one, null);
  show(new Map([["db/a", { order: kind, owner, reason, since: one.clock.wall(), until: null }]]));
  expect(told(one)).toBe("up 0 drain");
  show(new Map());
  expect(told(one)).toBe("up 100 null");
});
