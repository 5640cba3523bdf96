import { expect, it } from "vitest";
import { createParts, type Parts, type Piece } from "../../src/engine/parts.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

interface Stage {
  readonly parts: Parts;
  readonly clock: FakeClock;
  readonly log: string[];
  piece(key: string, holds?: readonly string[]): Piece;
  failing: Set<string>;
  hanging: Set<string>;
}

function stage(): Stage {
  const clock = createFakeClock();
  const log: string[] = [];
  const failing = new Set<string>();
  const hanging = new Set<string>();
  const piece = (key: string, holds: readonly string[] = []): Piece => ({
    holds,
    part: {
      key,
      async start() {
        if (failing.has(key)) throw new Error(`${key} cannot start`);
        log.push(`start ${key}`);
        return {
          async stop(why) {
            if (hanging.has(key)) await new Promise(() => {});
            log.push(`${why} ${key}`);
          },
        };
      },
    },
  });
  return { parts: createParts(clock, () => {}), clock, log, piece, failing, hanging };
}

it("starts what is new, stops what is gone, leaves equal keys alone", async () => {
  const { parts, piece, log } = stage();
  await parts.become([piece("a"), piece("b")]);
  await parts.become([piece("b"), piece("c")]);
  expect(log).toEqual(["start a", "start b", "start c", "removed a"]);
});

it("stops the new ones and keeps the old set when one start fails", async () => {
  const { parts, piece, log, failing } = stage();
  await parts.become([piece("a")]);
  failing.add("c");
  await expect(parts.become([piece("b"), piece("c")])).rejects.toThrow("c cannot start");
  expect(log).toEqual(["start a", "start b", "replaced b"]);
  failing.clear();
  await parts.become([piece("a"), piece("d")]);
  expect(log.slice(3)).toEqual(["start d"]);
});

it("stops a part first whose port the new one needs", async () => {
  const { parts, piece, log } = stage();
  await parts.become([piece("agent 1", ["port:80"]), piece("other")]);
  await parts.become([piece("agent 2", ["port:80"]), piece("other")]);
  expect(log).toEqual(["start agent 1", "start other", "replaced agent 1", "start agent 2"]);
});

it("restarts the part that had the port when the new one does not start", async () => {
  const { parts, piece, log, failing } = stage();
  await parts.become([piece("agent 1", ["port:80"]), piece("gone")]);
  failing.add("agent 2");
  const failed = parts.become([piece("new"), piece("agent 2", ["port:80"])]);
  await expect(failed).rejects.toThrow("agent 2 cannot start");
  expect(log.slice(2)).toEqual(["start new", "replaced agent 1", "replaced new", "start agent 1"]);
  await parts.stop(1000);
  expect(log.slice(6)).toEqual(["exit agent 1", "exit gone"]);
});

it("stops in the order of the last settings, whenever a part was started", async () => {
  const { parts, piece, log } = stage();
  await parts.become([piece("pool"), piece("agent")]);
  await parts.become([piece("pool"), piece("outlet"), piece("agent")]);
  await parts.stop(1000);
  expect(log.slice(3)).toEqual(["exit pool", "exit outlet", "exit agent"]);
});

it("does not wait for a part that hangs longer than it was given in all", async () => {
  const { parts, piece, log, hanging, clock } = stage();
  hanging.add("a");
  await parts.become([piece("a"), piece("b")]);
  let stopped = false;
  const done = parts.stop(1500).then(() => {
    stopped = true;
  });
  await clock.advance(1499);
  expect(stopped).toBe(false);
  await clock.advance(10);
  await done;
  expect(log).toContain("exit b");
});

it("makes one change after another", async () => {
  const { parts, piece, log } = stage();
  await Promise.all([parts.become([piece("a")]), parts.become([piece("b")]), parts.become([piece("c")])]);
  expect(log).toEqual(["start a", "start b", "removed a", "start c", "removed b"]);
});
