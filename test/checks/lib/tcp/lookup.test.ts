import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { type Resolve, steadyLookup } from "../../../../checks/lib/tcp/lookup.ts";
import type { Clock } from "../../../../src/index.ts";

/** A clock that stands still until it is told to go on. */
function handClock(): { readonly clock: Clock; readonly goOn: (ms: number) => void; readonly pending: () => number } {
  let now = 0;
  const calls = new Set<{ readonly due: number; readonly call: () => void }>();
  return {
    clock: {
      now: () => now,
      wall: () => now,
      at(due, call) {
        const entry = { due, call };
        calls.add(entry);
        return () => void calls.delete(entry);
      },
    },
    goOn(ms) {
      now += ms;
      for (const entry of calls) if (entry.due <= now && calls.delete(entry)) entry.call();
    },
    pending: () => calls.size,
  };
}

type Found = { readonly error: string | null; readonly address: unknown };

function rig(): {
  readonly ask: (options?: Parameters<LookupFunction>[1]) => Promise<Found>;
  readonly answer: (reply: readonly LookupAddress[] | string) => void;
  readonly asked: () => number;
  readonly hand: ReturnType<typeof handClock>;
} {
  const hand = handClock();
  const open: Parameters<Resolve>[1][] = [];
  let asked = 0;
  const lookup = steadyLookup(hand.clock, (_name, done) => {
    asked += 1;
    open.push(done);
  });
  return {
    hand,
    asked: () => asked,
    answer(reply) {
      const done = open.shift();
      if (typeof reply === "string") done?.(Object.assign(new Error(reply), { code: reply }), []);
      else done?.(null, [...reply]);
    },
    ask: (options = {}) =>
      new Promise((resolve) => {
        lookup("db.example", options, (error, address) => resolve({ error: error?.code ?? null, address }));
      }),
  };
}

const V4 = { address: "10.0.0.1", family: 4 };
const V6 = { address: "fd00::1", family: 6 };

describe("a steady lookup", () => {
  it("gives what the name server says, in the shape that is asked for", async () => {
    const { ask, answer } = rig();
    const one = ask();
    answer([V4, V6]);
    expect(await one).toEqual({ error: null, address: "10.0.0.1" });
    const all = ask({ all: true });
    answer([V4, V6]);
    expect(await all).toEqual({ error: null, address: [V4, V6] });
    const six = ask({ family: 6 });
    answer([V4, V6]);
    expect(await six).toEqual({ error: null, address: "fd00::1" });
  });

  it.each(["ENOTFOUND", "EAI_AGAIN"])("fails with %s for a name that never resolved", async (code) => {
    const { ask, answer, hand } = rig();
    const first = ask();
    answer(code);
    expect(await first).toEqual({ error: code, address: "" });
    expect(hand.pending()).toBe(0);
  });

  it.each(["ENOTFOUND", "EAI_AGAIN"])("uses the last address on %s", async (code) => {
    const { ask, answer } = rig();
    const first = ask();
    answer([V4]);
    await first;
    const second = ask();
    answer(code);
    expect(await second).toEqual({ error: null, address: "10.0.0.1" });
  });

  it("uses the last address when the name server is slow, and the new one as soon as it is known", async () => {
    const { ask, answer, hand, asked } = rig();
    const first = ask();
    answer([V4]);
    await first;
    const slow = ask();
    hand.goOn(200);
    expect(await slow).toEqual({ error: null, address: "10.0.0.1" });
    const joined = ask();
    answer([V6]);
    expect(await joined).toEqual({ error: null, address: "fd00::1" });
    expect({ asked: asked(), pending: hand.pending() }).toEqual({ asked: 2, pending: 0 });
  });

  it("asks the name server once for all who wait for one name", async () => {
    const { ask, answer, asked } = rig();
    const both = [ask(), ask()];
    answer([V4]);
    expect(await Promise.all(both)).toHaveLength(2);
    expect(asked()).toBe(1);
  });

  it("says that a name has no address of the wanted family", async () => {
    const { ask, answer } = rig();
    const six = ask({ family: 6 });
    answer([V4]);
    expect(await six).toEqual({ error: "ENOTFOUND", address: "" });
  });
});
