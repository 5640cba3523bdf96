import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import type { Checker, Observation, Probe } from "../../src/index.ts";
import {
  BEHAVIOURS,
  type Behaviour,
  type Fake,
  misbehave,
  misbehaveAtTls,
  TLS_BEHAVIOURS,
} from "../servers/misbehaving.ts";
import { until } from "../servers/process.ts";
import { gained, openDescriptors, openHandles, question, settled, TIME_IS_UP, targetAt } from "./checker-bench.ts";
import type { CheckerCase } from "./checker-case.ts";
import { checkerCases } from "./checker-cases.ts";
import { caseOf, made } from "./checker-made.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HEALTHY_MS = 10_000;

/** Opens a probe, uses it, closes it. */
async function withProbe<T>(
  checker: Checker,
  options: Readonly<Record<string, unknown>>,
  at: { readonly host: string; readonly port: number },
  use: (probe: Probe) => Promise<T>,
): Promise<T> {
  const check = made(checker, options);
  const probe = check.open(targetAt(at), () => {});
  try {
    return await use(probe);
  } finally {
    await probe.close();
    await check.close();
  }
}

const shared = new Map<Behaviour, Fake>();
const NOT_SHARED = new Set<Behaviour>(["drip", "endless", "wrong protocol", "reset"]);

/** Servers that say nothing are the same for all; slow ones to start are started once. */
async function serverFor(how: Behaviour, { speech }: CheckerCase): Promise<Fake> {
  const found = shared.get(how);
  if (found !== undefined) return found;
  const server = await misbehave(how, speech);
  if (!NOT_SHARED.has(how)) shared.set(how, server);
  return server;
}

beforeAll(async () => {
  const names = BEHAVIOURS.filter((how) => !NOT_SHARED.has(how));
  const started = await Promise.all(names.map(async (how) => [how, await misbehave(how)] as const));
  for (const [how, server] of started) shared.set(how, server);
}, 60_000);

afterAll(async () => {
  await Promise.all([...shared.values()].map((server) => server.close()));
}, 60_000);

describe.each([...checkers.values()].map((checker) => [checker.name, checker] as const))("checker %s", (_, checker) => {
  it("says what it is, what it asks for and what it measures", () => {
    expect(checker.summary.length).toBeGreaterThan(10);
    const schema = checker.options.toJSONSchema({ io: "input", unrepresentable: "any" });
    for (const [name, option] of Object.entries(schema.properties ?? {})) {
      expect(option, `option ${name} has no description`).toHaveProperty("description");
    }
    for (const meaning of Object.values(checker.facts)) expect(meaning.length).toBeGreaterThan(5);
  });

  it("states the default of every option that need not be given", () => {
    const schema = checker.options.toJSONSchema({ io: "input", unrepresentable: "any" });
    const required = new Set(schema.required ?? []);
    for (const [name, option] of Object.entries(schema.properties ?? {})) {
      if (required.has(name) || typeof option !== "object") continue;
      expect(option.description, `option ${name}`).toMatch(/default/);
    }
  });

  it("rejects an option it does not know", () => {
    const parsed = checker.options.safeParse({ ...caseOf(checker).options, colour: "green" });
    expect(parsed.error?.issues.map((issue) => issue.code)).toContain("unrecognized_keys");
  });

  it("is documented, exemplified and tested", () => {
    expect(readFileSync(join(ROOT, "checks/README.md"), "utf8")).toContain(`## ${checker.name}\n`);
    const examples = readdirSync(join(ROOT, "conf"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => readFileSync(join(ROOT, "conf", file), "utf8"));
    const named = new RegExp(`type: "?${checker.name}"?[\\s,}]`);
    expect(examples.some((text) => named.test(text))).toBe(true);
    const tests = readdirSync(join(ROOT, "test/checks"));
    expect(tests.some((file) => file.startsWith(checker.name) && file.endsWith(".test.ts"))).toBe(true);
    expect(existsSync(join(ROOT, `checks/${checker.name}.ts`))).toBe(true);
  });

  it("passes a healthy server, with facts that it documents", async () => {
    const server = await caseOf(checker).healthy();
    const { seen } = await withProbe(checker, caseOf(checker).options, server, (probe) => question(probe, HEALTHY_MS));
    await server.close();
    expect(seen).toMatchObject({ outcome: "pass" } satisfies Partial<Observation>);
    expect(seen.reason).not.toBe("");
    expect(Object.keys(checker.facts)).toEqual(expect.arrayContaining(Object.keys(seen.facts)));
  });

  it("touches nothing before it is asked", async () => {
    const server = await caseOf(checker).healthy();
    await settled();
    const before = { handles: openHandles(), descriptors: openDescriptors() };
    const check = made(checker, caseOf(checker).options);
    const probe = check.open(targetAt(server), () => {});
    expect({ gained: gained(before.handles), descriptors: openDescriptors() - before.descriptors }).toEqual({
      gained: [],
      descriptors: 0,
    });
    await probe.close();
    await check.close();
    await settled();
    expect(server.taken()).toBe(0);
    await server.close();
  });

  it("leaves nothing open after it was closed", async () => {
    const server = await caseOf(checker).healthy();
    await settled();
    const before = openHandles();
    await withProbe(checker, caseOf(checker).options, server, async (probe) => {
      await question(probe, HEALTHY_MS);
      await question(probe, HEALTHY_MS);
    });
    await until("all handles to be closed", () => gained(before).length === 0, 4000);
    await server.close();
  });

  it("obeys an abort at once, before and while it asks, and says so to nobody else", async () => {
    const { options } = caseOf(checker);
    const silent = await serverFor("silent", caseOf(checker));
    await withProbe(checker, options, silent, async (probe) => {
      await expect(probe.ask(AbortSignal.abort(new Error(TIME_IS_UP)))).rejects.toThrow();
      expect(await question(probe, 30)).toMatchObject({ overdue: false, timedOut: true });
      expect(await question(probe, 0)).toMatchObject({ overdue: false, timedOut: true });
    });
  });

  it.concurrent.each(BEHAVIOURS)("ends in time with the right reason: %s", async (how) => {
    const row = caseOf(checker);
    const server = await serverFor(how, row);
    const [outcome, reason, when] = row.expected[how];
    const timeoutMs = when === "at once" ? HEALTHY_MS : row.timeoutMs;
    await withProbe(checker, row.options, server, async (probe) => {
      const asked = await question(probe, timeoutMs);
      expect(asked).toMatchObject({ seen: { outcome, reason: expect.stringMatching(reason) }, overdue: false });
      expect(asked.timedOut).toBe(when === "at the deadline");
      // The second question fares no worse: nothing is stuck behind the first.
      expect(await question(probe, timeoutMs)).toMatchObject({ seen: { outcome }, overdue: false });
    });
    if (NOT_SHARED.has(how)) await server.close();
  });

  const { tls, timeoutMs } = checkerCases[checker.name] ?? { tls: null, timeoutMs: 0 };
  it.concurrent.each(tls === null ? [] : TLS_BEHAVIOURS)(
    "ends in time with the right reason over TLS: %s",
    async (how) => {
      if (tls === null) return;
      const server = await misbehaveAtTls(how, tls.serve);
      const [outcome, reason, when] = tls.expected[how];
      const options = tls.options(how === "self-signed" ? null : server.ca);
      await withProbe(checker, options, server, async (probe) => {
        const asked = await question(probe, when === "at once" ? HEALTHY_MS : timeoutMs);
        expect(asked).toMatchObject({ seen: { outcome, reason: expect.stringMatching(reason) }, overdue: false });
      });
      await server.close();
    },
  );
});

it("has an entry for every checker, and none for others", () => {
  expect(Object.keys(checkerCases).sort()).toEqual([...checkers.keys()].sort());
});
