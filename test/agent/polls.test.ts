import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MEET_MS, Polls } from "../../agent/polls.ts";
import { askedOf } from "../../agent/request.ts";
import { noCounts } from "../../agent/stats.ts";
import { FakeBoard, FakeProber } from "./fake-board.ts";

const PEER = "10.0.0.1";
const asked = askedOf("p", "t");

function setUp() {
  const board = new FakeBoard();
  const prober = new FakeProber();
  const counts = noCounts();
  const heard: string[] = [];
  const unknown: string[] = [];
  const impatient: string[] = [];
  const clock = { now: () => Date.now(), wall: () => Date.now(), at: () => () => {} };
  const polls = new Polls({
    ...{ board, prober, clock, counts },
    heard: (id) => heard.push(id),
    unknownName: ({ id }, peer) => unknown.push(`${id} ${peer}`),
    impatient: ({ id }, peer, heldMs) => impatient.push(`${id} ${peer} ${heldMs}`),
  });
  const said: (string | null)[] = [];
  const take = (peer = PEER) => polls.take(asked, peer, (row) => said.push(row?.verdict?.state ?? null));
  return { board, prober, counts, heard, unknown, impatient, polls, said, take };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("a poll", () => {
  it.each([
    ["young", 124, []],
    // The engine asks no sooner for that, but knows that the next poll will.
    ["fresh", 999, ["p/t"]],
  ])("of a %s row is answered at once", (_, age, asked) => {
    const { board, prober, counts, said, take } = setUp();
    board.put("p", "t", { observedAt: Date.now() - age });
    expect(take()).toBeNull();
    expect(said).toEqual(["up"]);
    expect(prober.asked).toEqual(asked);
    expect(counts).toMatchObject({ polls: 1, atOnce: 1, waited: 0 });
  });

  it("of an old row has it probed, waits, and tells what came of that", async () => {
    const { board, prober, counts, said, take } = setUp();
    board.put("p", "t", { observedAt: Date.now() - 1000 });
    expect(take()).toMatchObject({ forMs: 200 });
    expect(prober.asked).toEqual(["p/t"]);
    await vi.advanceTimersByTimeAsync(150);
    expect(said).toEqual([]);
    board.put("p", "t", { state: "down", observedAt: Date.now() });
    prober.settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual(["down"]);
    expect(counts).toMatchObject({ polls: 1, atOnce: 0, waited: 1, overdue: 0 });
  });

  it("is answered from memory when the wait is over", async () => {
    const { board, prober, counts, said, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    take();
    await vi.advanceTimersByTimeAsync(199);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(said).toEqual(["up"]);
    prober.settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual(["up"]);
    expect(counts).toMatchObject({ waited: 0, overdue: 1 });
  });

  it("of a row that is fresh but changing waits too", async () => {
    const { board, prober, said, take } = setUp();
    board.put("p", "t", { observedAt: Date.now(), pending: true });
    take();
    expect(said).toEqual([]);
    board.put("p", "t", { state: "down", observedAt: Date.now() });
    prober.settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual(["down"]);
  });

  it("of a standing down has it probed, and is answered at once", () => {
    const { board, prober, said, take } = setUp();
    board.put("p", "t", { state: "down", observedAt: 0 });
    expect(take()).toBeNull();
    expect(said).toEqual(["down"]);
    expect(prober.asked).toEqual(["p/t"]);
    prober.settle();
  });

  it("waits a third of that peer's gap, also when it waited before", async () => {
    const { board, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    const waits: (number | undefined)[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const waiting = take();
      waits.push(waiting?.forMs);
      await vi.advanceTimersByTimeAsync(waiting?.forMs ?? 0);
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(waits).toEqual([200, 100, 100, 100]);
  });

  it("is answered although the probe cannot be made", async () => {
    const { board, prober, said, take } = setUp();
    prober.probe = () => Promise.reject(new Error("gone"));
    board.put("p", "t", { observedAt: 0 });
    take();
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual(["up"]);
  });

  it("of a name that is not there changes nothing and is told of", () => {
    const { board, said, unknown, counts, take, prober } = setUp();
    expect(take()).toBeNull();
    board.put("p", "other", {});
    expect(take()).toBeNull();
    expect(said).toEqual([null, null]);
    expect(unknown).toEqual(["p/t 10.0.0.1", "p/t 10.0.0.1"]);
    expect(counts.polls).toBe(0);
    expect(prober.asked).toEqual([]);
  });

  it("that waits while its target goes away is answered with no change", async () => {
    const { board, prober, said, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    take();
    board.drop("p", "t");
    prober.settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual([null]);
  });

  it("that is hurried is answered from memory, once", async () => {
    const { board, prober, said, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    const waiting = take();
    waiting?.hurry();
    waiting?.hurry();
    prober.settle();
    await vi.advanceTimersByTimeAsync(1000);
    expect(said).toEqual(["up"]);
  });
});

describe("a peer that hangs up before its answer", () => {
  it("is told of, gets no answer, and is answered at once for ten minutes", async () => {
    const { board, polls, said, impatient, counts, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    const waiting = take();
    await vi.advanceTimersByTimeAsync(120);
    waiting?.hungUp();
    expect(impatient).toEqual(["p/t 10.0.0.1 120"]);
    expect(said).toEqual([]);
    expect(counts.abandoned).toBe(1);
    expect(polls.impatient()).toEqual([{ id: "p/t", peer: PEER }]);

    await vi.advanceTimersByTimeAsync(2000);
    expect(take()).toBeNull();
    expect(said).toEqual(["up"]);
    const other = take("10.0.0.2");
    expect(other?.forMs).toBe(200);
    other?.hurry();

    await vi.advanceTimersByTimeAsync(600_000);
    expect(polls.impatient()).toEqual([]);
    const again = take();
    expect(again?.forMs).toBe(200);
    again?.hurry();
  });

  it("is not blamed when it was gone before we took its connection", () => {
    const { board, polls, impatient, counts, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    take()?.hungUp();
    expect(impatient).toEqual([]);
    expect(polls.impatient()).toEqual([]);
    expect(counts.abandoned).toBe(1);
  });

  it("is not blamed when it closes after its answer", async () => {
    const { board, prober, impatient, counts, take } = setUp();
    board.put("p", "t", { observedAt: 0 });
    const waiting = take();
    await vi.advanceTimersByTimeAsync(100);
    prober.settle();
    await vi.advanceTimersByTimeAsync(0);
    waiting?.hungUp();
    expect(impatient).toEqual([]);
    expect(counts).toMatchObject({ waited: 1, abandoned: 0 });
  });
});

describe("hand-over", () => {
  it("waits after a start until everybody who polls has had the time to come", async () => {
    const { board, heard, take } = setUp();
    board.put("p", "t", { observedAt: Number.POSITIVE_INFINITY, state: "down", since: 5 });
    take("10.0.0.1");
    await vi.advanceTimersByTimeAsync(MEET_MS - 1);
    take("10.0.0.2");
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    take("10.0.0.1");
    expect(heard).toEqual(["p/t"]);
  });

  it("goes on when every peer was told of the down", async () => {
    const { board, heard, take } = setUp();
    await vi.advanceTimersByTimeAsync(MEET_MS);
    const fresh = { observedAt: Number.POSITIVE_INFINITY };
    board.put("p", "t", fresh);
    take("10.0.0.1");
    take("10.0.0.2");
    board.put("p", "t", { ...fresh, state: "down", since: Date.now() });
    take("10.0.0.1");
    expect(heard).toEqual([]);
    take("10.0.0.2");
    take("10.0.0.1");
    expect(heard).toEqual(["p/t"]);
  });
});

it("forgets targets that nobody polls any more", async () => {
  const { board, polls } = setUp();
  const poll = (name: string) => polls.take(askedOf("p", name), PEER, () => {});
  for (let at = 0; at < 256; at++) {
    board.put("p", `t${at}`, { observedAt: Number.POSITIVE_INFINITY });
    poll(`t${at}`);
  }
  expect(polls.size).toBe(256);
  await vi.advanceTimersByTimeAsync(600_000);
  board.put("p", "new", { observedAt: Number.POSITIVE_INFINITY });
  poll("new");
  expect(polls.size).toBe(1);
});
