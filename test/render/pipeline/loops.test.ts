import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { RegistryReader, Snapshot } from "../../../src/contract.ts";
import { RegistryError } from "../../../src/errors.ts";
import { intervalLoop } from "../../../src/render/interval-loop.ts";
import { createLoader, patientLoader } from "../../../src/render/loader.ts";
import { DEFAULT_RULES } from "../../../src/render/resource/resource.ts";
import type { RoundEnv } from "../../../src/render/round-env.ts";
import { fetchEntries } from "../../../src/render/source/fetch.ts";
import { forgetful } from "../../../src/render/transaction/shrink-memory.ts";
import { watchLoop } from "../../../src/render/watch-loop.ts";
import { createFakeClock, type FakeClock } from "../../engine/fake-clock.ts";
import { until } from "../../servers/process.ts";
import { entriesOf, type KeyValues, scratch, write } from "./rig.ts";

/** A registry whose keys a test sets; watches hear of it. */
class TestRegistry implements RegistryReader {
  reads = 0;
  failure: RegistryError | null = null;
  fresh = true;
  #keys: KeyValues;
  #revision = 1;
  readonly #waiting = new Set<() => void>();

  constructor(keys: KeyValues) {
    this.#keys = keys;
  }

  set(keys: KeyValues): void {
    this.#keys = keys;
    this.#revision += 1;
    this.wake();
  }

  wake(): void {
    for (const done of this.#waiting) done();
    this.#waiting.clear();
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    while (after === String(this.#revision) && this.failure === null)
      await new Promise<void>((done, fail) => {
        this.#waiting.add(done);
        signal.addEventListener("abort", () => fail(signal.reason), { once: true });
      });
    this.reads += 1;
    if (this.failure !== null) throw this.failure;
    return { entries: entriesOf(this.#keys, [prefix]), revision: String(this.#revision), fresh: this.fresh };
  }

  async close(): Promise<void> {}
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Loop {
  readonly dir: string;
  readonly clock: FakeClock;
  readonly registry: TestRegistry;
  readonly log: string[];
  read(name?: string): string;
  /** Lets time pass in small steps, so that commands of the real world keep up. */
  pass(ms: number): Promise<void>;
  end(): Promise<void>;
}

function start(mode: "watch" | "interval", files: Readonly<Record<string, string>>, keys: KeyValues): Loop {
  const dir = scratch();
  write(dir, Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll("{dir}", dir)])));
  const clock = createFakeClock();
  const registry = new TestRegistry(keys);
  const log: string[] = [];
  const stopping = new AbortController();
  const env: RoundEnv = {
    clock,
    log: (level, text) => log.push(`${level.toUpperCase()} ${text}`),
    show: () => {},
    noop: false,
    syncOnly: false,
    keepStageFile: false,
    memory: forgetful,
    signal: stopping.signal,
    patience: new AbortController().signal,
    entries: (paths, signal) => fetchEntries(registry, paths, signal),
  };
  const load = createLoader({ confdir: dir, prefix: "", rules: DEFAULT_RULES }, { clock, log: env.log, env: {} });
  const feedEnv = { clock, log: (level: string, text: string) => void log.push(`${level} ${text}`), name: "test" };
  const running =
    mode === "watch"
      ? watchLoop(load(), registry, feedEnv, env)
      : intervalLoop(patientLoader(load(), load, env.log), 600_000, env);
  const end = async (): Promise<void> => {
    stopping.abort(new Error("over"));
    await running;
  };
  ends.push(end);
  const read = (name = "out.cfg"): string => {
    try {
      return readFileSync(join(dir, name), "utf8");
    } catch {
      return "";
    }
  };
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < 10; step++) {
      await clock.advance(ms / 10);
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  return { dir, clock, registry, log, read, pass, end };
}

const toml = (name: string, keys: string, more = "") =>
  `[template]\nsrc = "t"\ndest = "{dir}/${name}"\nkeys = ["${keys}"]\n${more}\n`;
const TEMPLATE = '{{range gets "/*/*"}}{{.Value}} {{end}}';

describe("watching", () => {
  it("renders at once, then when keys change, each resource by its own keys", async () => {
    const loop = start(
      "watch",
      { "conf.d/a.toml": toml("a.cfg", "/a"), "conf.d/b.toml": toml("b.cfg", "/b"), "templates/t": TEMPLATE },
      { "/a/1": "one", "/b/1": "two" },
    );
    await loop.pass(100);
    await until("both files", () => loop.read("a.cfg") === "one " && loop.read("b.cfg") === "two ");
    loop.registry.set({ "/a/1": "one", "/b/1": "three" });
    await loop.pass(100);
    await until("the changed file", () => loop.read("b.cfg") === "three ");
    expect(loop.log.filter((line) => line.includes("a.cfg has been updated"))).toHaveLength(1);
  });

  it("waits for an end of a burst of changes, and reloads once", async () => {
    const loop = start(
      "watch",
      {
        "conf.d/a.toml": toml("out.cfg", "/a", 'debounce = "100ms"\nreload_cmd = "echo x >> {dir}/reloads"'),
        "templates/t": TEMPLATE,
      },
      { "/a/1": "0" },
    );
    await loop.pass(200);
    await until("the first reload", () => loop.read("reloads") === "x\n");
    for (let i = 1; i <= 5; i++) {
      loop.registry.set({ "/a/1": String(i) });
      await loop.clock.advance(20);
    }
    expect(loop.read()).toBe("0 ");
    await loop.pass(200);
    await until("the second reload", () => loop.read("reloads") === "x\nx\n");
    expect(loop.read()).toBe("5 ");
  });

  it("tries a failed reload again with growing pauses until it holds, then no more", async () => {
    const loop = start(
      "watch",
      {
        "conf.d/a.toml": toml(
          "out.cfg",
          "/a",
          'reload_cmd = "cat {dir}/out.cfg >> {dir}/reloads; grep -q good {dir}/out.cfg || test -e {dir}/ready"',
        ),
        "templates/t": TEMPLATE,
      },
      { "/a/1": "good" },
    );
    await loop.pass(100);
    await until("the first reload", () => loop.read("reloads") === "good ");
    loop.registry.set({ "/a/1": "bad" });
    await loop.pass(100);
    await until("the way back", () => loop.read("reloads") === "good bad good ");
    expect(loop.read()).toBe("good ");
    await loop.pass(1000);
    await until("a second try", () => loop.read("reloads") === "good bad good bad good ");
    await loop.pass(900);
    expect(loop.read("reloads")).toBe("good bad good bad good ");
    writeFileSync(join(loop.dir, "ready"), "");
    await loop.pass(1200);
    await until("the third try", () => loop.read() === "bad ");
    await until("nothing waits but the watch", () => loop.clock.waiting() === 1);
    await loop.pass(70_000);
    expect(loop.read("reloads")).toBe("good bad good bad good bad ");
  });

  it("keeps the file while the registry is away or has no leader, and goes on afterwards", async () => {
    const loop = start("watch", { "conf.d/a.toml": toml("out.cfg", "/a"), "templates/t": TEMPLATE }, { "/a/1": "one" });
    await loop.pass(100);
    await until("the file", () => loop.read() === "one ");
    loop.registry.failure = new RegistryError("unreachable", "connect ECONNREFUSED");
    loop.registry.wake();
    await loop.pass(5000);
    expect(loop.log.filter((line) => line.includes("unreachable"))).toHaveLength(1);
    loop.registry.failure = null;
    loop.registry.fresh = false;
    loop.registry.set({});
    await loop.pass(15_000);
    expect(loop.read()).toBe("one ");
    loop.registry.fresh = true;
    loop.registry.set({ "/a/1": "two" });
    await loop.pass(15_000);
    await until("the new file", () => loop.read() === "two ");
  });

  it("reads the keys of several paths at one moment", async () => {
    const keys = (n: number) => ({ "/a/1": String(n), "/b/1": String(n) });
    const loop = start("watch", { "conf.d/a.toml": toml("out.cfg", '/a", "/b'), "templates/t": TEMPLATE }, keys(0));
    await loop.pass(100);
    await until("the file", () => loop.read() === "0 0 ");
    for (let n = 1; n < 6; n++) {
      loop.registry.set(keys(n));
      await loop.pass(50);
      expect(loop.read()).toMatch(/^(\d) \1 $/);
    }
  });

  it("renders a resource without keys once", async () => {
    const loop = start(
      "watch",
      { "conf.d/a.toml": '[template]\nsrc = "t"\ndest = "{dir}/out.cfg"\n', "templates/t": "fixed" },
      {},
    );
    await loop.pass(50);
    await until("the file", () => loop.read() === "fixed");
    expect(loop.registry.reads).toBe(0);
  });
});

describe("reading at intervals", () => {
  it("renders at once and after each interval, with conf.d read anew", async () => {
    const loop = start(
      "interval",
      { "conf.d/a.toml": toml("out.cfg", "/a"), "templates/t": TEMPLATE },
      { "/a/1": "one" },
    );
    await until("the file", () => loop.read() === "one ");
    loop.registry.set({ "/a/1": "two" });
    write(loop.dir, { "conf.d/b.toml": toml("b.cfg", "/a").replace("{dir}", loop.dir) });
    await loop.pass(590_000);
    expect(loop.read()).toBe("one ");
    await loop.pass(11_000);
    await until("both files", () => loop.read() === "two " && loop.read("b.cfg") === "two ");
  });

  it("tries what failed sooner", async () => {
    const loop = start(
      "interval",
      { "conf.d/a.toml": toml("out.cfg", "/a"), "templates/t": TEMPLATE },
      { "/a/1": "one" },
    );
    await until("the file", () => loop.read() === "one ");
    loop.registry.failure = new RegistryError("unreachable", "away");
    await loop.pass(601_000);
    await until("a failure", () => loop.log.some((line) => line === "ERROR away"));
    loop.registry.failure = null;
    loop.registry.set({ "/a/1": "two" });
    await loop.pass(70_000);
    await until("the new file", () => loop.read() === "two ");
  });

  it("goes on with the resources of before when one is broken later", async () => {
    const loop = start(
      "interval",
      { "conf.d/a.toml": toml("out.cfg", "/a"), "templates/t": TEMPLATE },
      { "/a/1": "one" },
    );
    await until("the file", () => loop.read() === "one ");
    write(loop.dir, { "conf.d/b.toml": "[template" });
    loop.registry.set({ "/a/1": "two" });
    await loop.pass(601_000);
    await until("the new file", () => loop.read() === "two ");
    expect(loop.log).toContainEqual(expect.stringMatching(/^ERROR Cannot process .*the resources of before go on$/));
    rmSync(join(loop.dir, "conf.d/b.toml"));
  });
});
