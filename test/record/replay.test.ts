import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import { createPool } from "../../src/core/pool.ts";
import type { Input, Observation, Pool, PoolView, Target } from "../../src/core/types.ts";
import { LiveBoard } from "../../src/engine/board.ts";
import { essence, type RecordLine } from "../../src/record/line.ts";
import { OutageBook } from "../../src/record/outages.ts";
import { createRecorder } from "../../src/record/recorder.ts";
import { Replay, type Replayed } from "../../src/record/replay.ts";
import { createFakeClock, type FakeClock } from "../engine/fake-clock.ts";

const target = (name: string): Target => ({ name, host: "10.0.0.1", port: 80, meta: {}, part: "member" });
const seen = (outcome: Observation["outcome"]): Observation => ({
  outcome,
  reason: outcome,
  facts: {},
  weight: null,
  claim: null,
});
const policy = { ...defaultPolicy, rise: 2, fall: 3, fastMs: 100 };

/** A pool with two targets, one of which fails now and then, as the engine would feed it. */
function* inputs(count: number, start: number): Generator<Input> {
  yield { kind: "configured", at: start, policy: { ...defaultPoolPolicy, settleMs: 1000 }, checks: [policy] };
  yield { kind: "listed", at: start, targets: [target("a"), target("b")], complete: true };
  for (let index = 0; index < count; index += 1) {
    const at = start + index * 500;
    const bad = index % 40 >= 30 && index % 40 < 36;
    yield {
      kind: "observed",
      at,
      target: index % 2 === 0 ? "a" : "b",
      check: 0,
      by: "timer",
      tookMs: 1,
      seen: seen(bad && index % 2 === 0 ? "fail" : "pass"),
    };
  }
}

describe("a record", () => {
  let dir: string;
  let file: string;
  let clock: FakeClock;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "checkd-record-"));
    file = join(dir, "deep", "inputs.ndjson");
    clock = createFakeClock();
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Runs the inputs as an engine does, recording, and gives what the verdicts became. */
  function live(count: number, rotateBytes = 64 << 20, keep = 5) {
    const board = new LiveBoard(() => {});
    const recorder = createRecorder(clock, () => {});
    recorder.use({ file, rotateBytes, keep }, board);
    recorder.began?.("p", null, null);
    const pool: Pool = createPool({ pool: "p", group: null, memory: null });
    const changes: Replayed[] = [];
    let view: PoolView | null = null;
    for (const input of inputs(count, clock.now())) {
      recorder.took?.("p", input);
      const applied = pool.apply(input);
      for (const name of applied.changed) {
        const verdict = applied.view.rows.get(name)?.verdict ?? null;
        recorder.changed?.("p", name, view?.rows.get(name)?.verdict ?? null, verdict);
        changes.push({ pool: "p", target: name, at: input.at, verdict: essence(verdict) });
      }
      view = applied.view;
      board.post(applied.view);
    }
    recorder.close();
    return changes;
  }

  function replayed(files: readonly string[], others: ConstructorParameters<typeof Replay>[0] = null): Replayed[] {
    const changes: Replayed[] = [];
    const run = new Replay(others, { replayed: (change) => void changes.push(change), happened: () => {} });
    for (const each of files)
      for (const line of readFileSync(each, "utf8").trim().split("\n")) run.take(JSON.parse(line) as RecordLine);
    return changes;
  }

  it("replays to exactly the verdicts that happened", () => {
    const happened = live(400);
    expect(happened.some(({ verdict }) => verdict?.state === "down")).toBe(true);
    expect(replayed([file])).toEqual(happened);
  });

  it("shows what other settings would have done", () => {
    live(400);
    const calmer = new Map([
      ["p", { policy: { ...defaultPoolPolicy, settleMs: 1000 }, checks: [{ ...policy, fall: 10 }] }],
    ]);
    expect(replayed([file], calmer).filter(({ verdict }) => verdict?.state === "down")).toEqual([]);
  });

  it("is kept in so many files of so many bytes, each of which can be replayed alone", () => {
    const happened = live(4000, 100_000, 3);
    const files = readdirSync(join(dir, "deep")).sort();
    expect(files).toEqual(["inputs.ndjson", "inputs.ndjson.1", "inputs.ndjson.2"]);
    const last = replayed([file]);
    const downs = (changes: readonly Replayed[]): number[] =>
      changes.filter(({ verdict }) => verdict?.state === "down").map(({ at }) => at);
    const all = downs(happened);
    expect(downs(last).every((at) => all.includes(at))).toBe(true);
    expect(downs(replayed([`${file}.2`, `${file}.1`, file])).slice(-5)).toEqual(all.slice(-5));
  });

  it("ends with a word, and not with the daemon, when it cannot be written", () => {
    const lines: string[] = [];
    const recorder = createRecorder(clock, (_, text) => void lines.push(text));
    expect(existsSync("/dev/full")).toBe(true);
    recorder.use({ file: "/dev/full", rotateBytes: 1 << 30, keep: 1 }, new LiveBoard(() => {}));
    recorder.began?.("p", null, null);
    for (let each = 0; each < 2000; each += 1) for (const input of inputs(3, clock.now())) recorder.took?.("p", input);
    recorder.close();
    expect(lines.join()).toContain("cannot be written and ends here");
    expect(lines).toHaveLength(1);
  });

  it("adds outages up, open ones to the end", () => {
    const book = new OutageBook();
    const change = (at: number, state: "up" | "down", weight = 100): void =>
      book.note({ pool: "p", target: "a", at, verdict: { state, weight, order: null, reason: `${state} ${at}` } });
    change(0, "up");
    change(1000, "down");
    change(3000, "up");
    change(5000, "up", 0);
    expect(book.table(6000)).toEqual([
      {
        id: "p/a",
        outMs: 3000,
        outages: [
          { from: 1000, to: 3000, why: "down 1000" },
          { from: 5000, to: null, why: "up 5000" },
        ],
      },
    ]);
  });
});
