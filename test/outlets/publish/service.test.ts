import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Registry, Service, ServiceCatalog } from "../../../src/contract.ts";
import { RegistryError } from "../../../src/errors.ts";
import { outlets } from "../../../src/outlets/index.ts";
import { createFakeClock, type FakeClock } from "../../engine/fake-clock.ts";
import { type Made, outletEnv, viewOf } from "../outlet-env.ts";

const up = (last: number): Made => ({ host: `10.0.0.${last}`, port: 80, state: "up" });
const down = (made: Made): Made => ({ ...made, state: "down" });

/** A catalog in memory that counts what it is asked. */
function catalogOf() {
  const shown = new Map<string, { readonly service: Service; readonly passing: boolean }>();
  const state: { asked: number; away: RegistryError | null } = { asked: 0, away: null };
  const ask = (): void => {
    state.asked += 1;
    if (state.away !== null) throw state.away;
  };
  const catalog: ServiceCatalog = {
    async tell(service, passing) {
      ask();
      shown.set(service.id, { service, passing });
    },
    async remove(id) {
      ask();
      shown.delete(id);
    },
    async read(name) {
      ask();
      const own = [...shown].filter(([, { service }]) => service.name === name);
      const entry = (passing: boolean) => ({
        value: JSON.stringify({ status: passing ? "passing" : "critical" }),
        version: "1",
      });
      return { entries: new Map(own.map(([id, { passing }]) => [id, entry(passing)])), revision: "1", fresh: true };
    },
  };
  return { catalog, shown, state };
}

describe("a catalog of services", () => {
  let clock: FakeClock;
  let consul: ReturnType<typeof catalogOf>;
  let made: ReturnType<typeof outletEnv>;
  let stop: (why: "exit") => Promise<void>;

  const passing = (): string[] =>
    [...consul.shown].filter(([, each]) => each.passing).map(([id]) => id.replace("web-", ""));
  const show = async (rows: Readonly<Record<string, Made>>): Promise<void> => {
    made.board.post(viewOf("web", rows));
    await clock.advance(20);
  };

  beforeEach(async () => {
    clock = createFakeClock();
    consul = catalogOf();
    made = outletEnv("web", clock, { services: consul.catalog } as unknown as Registry);
    const kind = outlets.get("publish-service");
    if (kind === undefined) throw new Error("no such kind");
    ({ stop } = await kind.create(kind.options.parse({ registry: "main" }), made.env).start());
  });
  afterEach(() => stop("exit"));

  it("that is away is said once and tried with one question a time; what is right on return is told", async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`w${index}`, up(index % 250)]));
    await show(many);
    expect(passing()).toHaveLength(200);
    consul.state.away = new RegistryError("unreachable", "ECONNREFUSED");
    const before = consul.state.asked;
    await show(Object.fromEntries(Object.entries(many).map(([name, each]) => [name, down(each)])));
    await clock.advance(60_000);
    expect(consul.state.asked - before).toBeLessThan(25);
    expect(made.lines.filter((line) => line.includes("ECONNREFUSED"))).toHaveLength(1);
    expect(made.deliveries.at(-1)).toMatchObject({ about: "web", state: "failed", error: "ECONNREFUSED" });
    await show({ ...many, w7: down(up(7)) });
    consul.state.away = null;
    await clock.advance(11_000);
    expect(passing()).toHaveLength(199);
    expect(passing()).not.toContain("w7");
    expect(made.lines.filter((line) => line.includes("told again"))).toHaveLength(1);
    expect(made.deliveries.filter(({ about }) => about === "web").at(-1)).toMatchObject({ state: "synced" });
  });

  it("that has forgotten a service, or was told otherwise by somebody, is told again within ten seconds", async () => {
    await show({ w1: up(1), w2: up(2), w3: down(up(3)) });
    const [one, three] = [consul.shown.get("web-w1"), consul.shown.get("web-w3")];
    if (one === undefined || three === undefined) throw new Error("not told");
    consul.shown.delete("web-w2");
    consul.shown.set("web-w3", { ...three, passing: true });
    await clock.advance(10_500);
    expect(passing().sort()).toEqual(["w1", "w2"]);
    const before = consul.state.asked;
    await clock.advance(60_000);
    // At rest: one look in ten seconds, and nothing is written.
    expect(consul.state.asked - before).toBe(6);
  });

  it("goes on with the others when it refuses one", async () => {
    const { tell } = consul.catalog;
    Object.assign(consul.catalog, {
      tell: async (...given: Parameters<ServiceCatalog["tell"]>) => {
        if (given[0].id === "web-w1") throw new RegistryError("refused", "no such thing");
        return tell(...given);
      },
    });
    await show({ w1: up(1), w2: up(2) });
    expect(passing()).toEqual(["w2"]);
    expect(made.deliveries).toContainEqual(expect.objectContaining({ about: "web/w1", state: "failed" }));
  });
});
