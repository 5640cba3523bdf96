import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readNote, writeNote } from "../../src/admin/overrides/note.ts";
import { SharedShelf } from "../../src/admin/overrides/shared-shelf.ts";
import type { Log, Registry } from "../../src/contract.ts";
import { fileShelf, type KeptOrder, type KeptOrders } from "../../src/engine/order-shelf.ts";
import { RegistryError } from "../../src/errors.ts";
import { memory } from "../../src/registry/memory.ts";
import { breathe, createFakeClock, type FakeClock } from "../engine/fake-clock.ts";

const PREFIX = "checkd/overrides";
const never = new AbortController().signal;
let dir: string;
let clock: FakeClock;
let registry: Registry;
let away: boolean;
const lines: string[] = [];
const shelves: SharedShelf[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "checkd-shelf-"));
  clock = createFakeClock();
  away = false;
  lines.length = 0;
  const log: Log = (level, text) => void lines.push(`${level} ${text}`);
  registry = memory.create({}, { clock, log, registry: () => registry }) as Registry;
});
afterEach(async () => {
  for (const shelf of shelves.splice(0)) await shelf.close();
  rmSync(dir, { recursive: true });
});

/** The registry as one daemon sees it: away while `away`. */
function view(): Registry {
  const gone = (): never => {
    throw new RegistryError("unreachable", "connection refused");
  };
  return {
    ...{ maxOps: registry.maxOps, services: null, close: async () => {}, session: registry.session.bind(registry) },
    read: async (...args) => (away ? gone() : registry.read(...args)),
    commit: async (...args) => (away ? gone() : registry.commit(...args)),
  };
}

interface Daemon {
  readonly shelf: SharedShelf;
  shown: KeptOrders;
}

/** A daemon with a state_dir of its own. */
async function daemon(name: string, shared = true): Promise<Daemon> {
  const log: Log = (level, text) => void lines.push(`${level} ${text}`);
  const own = view();
  const shelf = new SharedShelf({
    ...{ clock, log, registry: () => own },
    own: fileShelf(join(dir, name, "orders.json")),
    file: join(dir, name, "shared-orders.json"),
  });
  shelves.push(shelf);
  if (shared) shelf.use({ registry: "main", prefix: PREFIX });
  const one: Daemon = { shelf, shown: new Map() };
  one.shown = await shelf.load(never);
  shelf.follow((orders) => {
    one.shown = orders;
  }, never);
  await settle();
  return one;
}

const order = (more: Partial<KeptOrder> = {}): KeptOrder => ({
  ...{ order: "drain", owner: "ann", reason: "disk", since: clock.wall(), until: null },
  ...more,
});

/** Lets registries, files and retries have their turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) {
    await clock.advance(50);
    await new Promise((done) => setTimeout(done, 1));
    await breathe();
  }
}

const keys = async (): Promise<readonly string[]> => [...(await registry.read(PREFIX, null, never)).entries.keys()];
const clear = async (): Promise<void> => {
  const ops = (await keys()).map((key) => ({ key, expect: "any", session: null, remove: true }) as const);
  await registry.commit(ops, never);
};

describe("orders shared through a registry", () => {
  it("given at one daemon stand at the other, and end there too", async () => {
    const [one, two] = [await daemon("one"), await daemon("two")];
    await one.shelf.put("web/app1", order(), never, "ann");
    await settle();
    expect([...two.shown]).toEqual([["web/app1", order({ since: expect.any(Number) })]]);
    await two.shelf.put("web/app1", null, never, "bob");
    await settle();
    expect([...one.shown]).toEqual([]);
    const { entries } = await registry.read(PREFIX, null, never);
    expect(entries.get(`${PREFIX}/web/app1`)?.value).toMatch(/^\{"ended":true,"by":"bob","at":\d+\}$/);
  });

  it("stand when the prefix is emptied, and are written again", async () => {
    const [one, two] = [await daemon("one"), await daemon("two")];
    await one.shelf.put("web/app1", order(), never, "ann");
    await settle();
    await clear();
    await settle();
    expect([...two.shown.keys()]).toEqual(["web/app1"]);
    expect(await keys()).toEqual([`${PREFIX}/web/app1`]);
  });

  it("stand while the registry is away, and what is ordered then is shared when it is back", async () => {
    const [one, two] = [await daemon("one"), await daemon("two")];
    await one.shelf.put("web/app1", order(), never, "ann");
    await settle();
    away = true;
    await one.shelf.put("web/app2", order({ order: "maint" }), never, "ann");
    await settle();
    expect([...two.shown.keys()]).toEqual(["web/app1"]);
    const restarted = await daemon("two");
    expect([...restarted.shown.keys()]).toEqual(["web/app1"]);
    expect(lines.some((line) => line.startsWith("warn orders are not shared now, they wait here"))).toBe(true);
    away = false;
    await clock.advance(60_000);
    await settle();
    expect([...two.shown.keys()].sort()).toEqual(["web/app1", "web/app2"]);
    expect([...restarted.shown.keys()].sort()).toEqual(["web/app1", "web/app2"]);
  });

  it("that were ended while a daemon was away do not come back with it", async () => {
    const [one, two] = [await daemon("one"), await daemon("two")];
    await two.shelf.put("web/app1", order(), never, "ann");
    await settle();
    await two.shelf.close();
    await one.shelf.put("web/app1", null, never, "bob");
    await settle();
    await clear(); // even the mark of the end is gone, but those who know keep it
    await settle();
    const again = await daemon("two");
    await settle();
    expect([...again.shown]).toEqual([]);
  });

  it("follow the last word, whatever the clocks say", async () => {
    const [one, two] = [await daemon("one"), await daemon("two")];
    await one.shelf.put("web/app1", order(), never, "ann");
    await settle();
    clock.shiftWall(-3_600_000);
    await two.shelf.put("web/app1", null, never, "bob");
    await settle();
    expect([...one.shown]).toEqual([]);
    await one.shelf.put("web/app1", order({ owner: "cid" }), never, "cid");
    await settle();
    expect(two.shown.get("web/app1")?.owner).toBe("cid");
  });

  it("end by every daemon's own clock, without a word", async () => {
    const [one, two] = [await daemon("one"), await daemon("two")];
    await one.shelf.put("web/app1", order({ until: clock.wall() + 10_000 }), never, "ann");
    await settle();
    const before = (await registry.read(PREFIX, null, never)).entries;
    await clock.advance(11_000);
    await two.shelf.put("web/app1", null, never, "its time was up");
    await settle();
    expect((await registry.read(PREFIX, null, never)).entries).toEqual(before);
    expect([...(await daemon("three")).shown]).toEqual([]);
  });

  it("of both sides come together when a daemon begins to share", async () => {
    const [one, two] = [await daemon("one"), await daemon("two", false)];
    await one.shelf.put("web/app1", order(), never, "ann");
    await two.shelf.put("web/app2", order(), never, "bob");
    await settle();
    expect([...two.shown]).toEqual([]);
    two.shelf.use({ registry: "main", prefix: `/${PREFIX}/` });
    await settle();
    expect([...two.shown.keys()].sort()).toEqual(["web/app1", "web/app2"]);
    expect([...one.shown.keys()].sort()).toEqual(["web/app1", "web/app2"]);
    two.shelf.use(null);
    await one.shelf.put("web/app1", null, never, "ann");
    await settle();
    expect([...two.shown.keys()].sort()).toEqual(["web/app1", "web/app2"]);
  });

  it("that make no sense are not followed, and harm nobody", async () => {
    const put = (key: string, value: string) =>
      registry.commit([{ key: `${PREFIX}/${key}`, expect: "any", session: null, put: value }], never);
    await put("web/app1", "drain it");
    await put("web/app2", '{"order":"explode","owner":"x","reason":"y","since":1,"until":null,"at":5}');
    await put("web", "x");
    await put("a/b/c", "x");
    await put("%E0%A4%A/x", "x");
    const one = await daemon("one");
    await one.shelf.put("web/app1", order(), never, "ann");
    await settle();
    expect([...one.shown.keys(), ...(await daemon("two")).shown.keys()]).toContain("web/app1");
    expect(lines.filter((line) => line.includes("this is no order")).length).toBeGreaterThanOrEqual(5);
  });

  it("are read from the file of before, and a file that makes no sense is put aside", async () => {
    await fileShelf(join(dir, "one", "orders.json")).put("web/app1", order(), never);
    expect([...(await daemon("one")).shown.keys()]).toEqual(["web/app1"]);
    writeFileSync(join(dir, "one", "shared-orders.json"), "{");
    await expect(daemon("one")).rejects.toThrow("makes no sense");
    expect(readdirSync(join(dir, "one"))).toContain("shared-orders.json.bad");
  });
});

describe("a note", () => {
  it("is read as it was written", () => {
    const notes = [
      { order: { order: "maint", owner: "ann", reason: 'a "b"', since: 1, until: 2 }, at: 3, by: "" },
      { order: null, at: 4, by: "bob" },
    ] as const;
    expect(notes.map((note) => readNote(writeNote(note)))).toEqual(notes);
  });
});
