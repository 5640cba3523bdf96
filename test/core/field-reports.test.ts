import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/core/types.ts";
import { Bench, claim, seen, target } from "./build.ts";

// What went wrong elsewhere, named after the report, and what must happen here.

const maxLag = 30;
/** What a replica check makes of a lag; null is what a stopped thread shows. */
function lag(seconds: number | null): Observation {
  if (seconds === null)
    return seen("warn", { reason: "replication sql thread stopped", facts: { lagSeconds: null, badness: 2e6 } });
  const late = seconds > maxLag;
  const reason = late ? `lag ${seconds}s over ${maxLag}s` : `lag ${seconds}s`;
  return seen(late ? "warn" : "pass", { reason, facts: { lagSeconds: seconds, badness: seconds } });
}
const timedOut = seen("fail", { reason: "timed out after 1s", facts: { timedOut: true } });
const weight = {
  by: "lagSeconds",
  curve: [
    [0, 100],
    [10, 50],
    [30, 1],
  ],
  step: 5,
} as const;
const replicas = ["a", "b", "c"];

function pool(more: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const on = new Bench({ targets: replicas.map((name) => target(name)), ...more });
  for (const name of replicas) on.see(name, lag(0));
  return on;
}

describe("replication-manager 528: the last replica lags and everything is drained", () => {
  it("the last one that serves stays, and says why", () => {
    const on = pool();
    for (const name of ["a", "b"]) on.settle(name, "fail");
    on.settle("c", lag(900));
    expect(on.serving()).toEqual(["c"]);
    expect(on.verdict("c").reason).toBe("kept as no target is fit (when_none_fit all): lag 900s over 30s");
  });

  it("all stay by weight when all lag", () => {
    const on = pool({ policy: { weight, haproxyWeight: 1 } });
    for (const name of replicas) on.settle(name, lag(900));
    expect(replicas.map((name) => on.verdict(name).weight)).toEqual([1, 1, 1]);
  });

  it("a primary that dies does not empty the read pool: replicas that lost it go on serving", () => {
    const on = pool();
    for (const name of replicas)
      on.settle(name, seen("warn", { reason: "replication io stopped: cannot reach the primary" }));
    expect(on.serving()).toEqual(replicas);
  });
});

describe("proxysql 3340: a lag check that times out un-shuns a replica", () => {
  it("a time-out never brings a late replica back, nor gives it more weight", () => {
    const on = pool({ policy: { weight } });
    on.settle("a", lag(25));
    const before = on.verdict("a").weight;
    on.see("a", timedOut);
    expect(on.verdict("a").weight).toBe(before);
    on.settle("a", lag(900));
    expect(on.verdict("a").state).toBe("down");
    for (let i = 0; i < 10; i++) {
      on.settle("a", timedOut, 1);
      expect(on.verdict("a").state).toBe("down");
    }
  });

  it("a time-out between two passes begins the count anew", () => {
    const on = pool();
    on.settle("a", lag(900));
    for (const one of [lag(0), timedOut, lag(0), timedOut]) on.settle("a", one, 1);
    expect(on.verdict("a").state).toBe("down");
    on.settle("a", lag(0), 2);
    expect(on.verdict("a").state).toBe("up");
  });
});

describe("vitess 9307: a NULL lag is read as 0", () => {
  it("a lag that is not known gives no weight and never an up", () => {
    const on = pool({ policy: { weight } });
    on.settle("a", lag(28));
    on.settle("a", lag(null));
    expect(on.verdict("a")).toMatchObject({ state: "down", reason: "replication sql thread stopped" });
    for (const name of ["b", "c"]) on.settle(name, "fail");
    expect(on.verdict("a")).toMatchObject({ state: "up", weight: 6 });
  });

  it("the least bad is one whose lag is known", () => {
    const on = pool({ policy: { whenNoneFit: "least_bad" } });
    on.settle("a", lag(null));
    on.settle("b", lag(null));
    on.settle("c", lag(5000));
    expect(on.serving()).toEqual(["c"]);
  });
});

describe("proxysql 2179: two masters are shown", () => {
  const leads = seen("pass", { reason: "role master", claim: claim("writer") });
  const reads = seen("fail", { reason: "role replica", claim: claim("reader", { follows: "10.0.0.98:3306" }) });

  it("a second one that is writable is never up beside the first", () => {
    const on = new Bench({ policy: { role: "writer" } });
    on.see("a", leads);
    for (const name of ["b", "c"]) on.see(name, reads);
    on.settle("b", leads, 9);
    expect(on.serving()).toEqual(["a"]);
    expect(on.alarms()).toContain("two-writers");
  });

  it("nor in the moment of a failover, nor when the old one returns", () => {
    const on = new Bench({ policy: { role: "writer" } });
    on.see("a", leads);
    for (const name of ["b", "c"]) on.see(name, reads);
    const names = new Set<string>();
    const note = () => names.add(on.serving().join("+"));
    on.see("a", seen("fail"), "event");
    note();
    for (let i = 0; i < 60; i++) {
      on.pass(250);
      on.see("b", leads);
      note();
      if (i > 20) on.see("a", leads);
      note();
    }
    expect([...names]).toEqual(["", "b"]);
  });
});

describe("patroni 3491: a replica at the limit of its lag flaps", () => {
  it("a lag that goes to and fro over the limit changes nothing", () => {
    const on = pool();
    const { since } = on.verdict("a");
    for (let i = 0; i < 60; i++) on.settle("a", lag(maxLag + (i % 3 === 2 ? -1 : 1)), 1);
    expect(on.verdict("a")).toMatchObject({ state: "up", since });
  });

  it("a slower one is damped: each return waits longer, so that changes become rare", () => {
    const changes = (on: Bench) => {
      let count = 0;
      for (let i = 0; i < 40; i++) {
        on.settle("a", lag(i % 2 ? 29 : 31), 4);
        if (on.verdict("a").state === "up") count++;
      }
      return count;
    };
    const damped = changes(pool({ policy: { damping: { maxMs: 300_000, quietMs: 600_000 } } }));
    expect(changes(pool())).toBe(20);
    expect(damped).toBeLessThanOrEqual(2);
  });

  it("a weight by lag moves in steps and not with every second", () => {
    const on = pool({ policy: { weight } });
    const weights = new Set<number>();
    for (let i = 0; i < 60; i++) {
      on.settle("a", lag(10 + (i % 2)), 1);
      weights.add(on.verdict("a").weight);
    }
    expect(weights.size).toBe(1);
  });
});

describe("the monitor's password is rotated on all replicas at once", () => {
  const denied = seen("unknown", { reason: "Access denied for user 'monitor' (1045)" });

  it("the pool stays as it is, and alarms for each", () => {
    const on = pool();
    on.settle("c", lag(900));
    for (let i = 0; i < 20; i++) for (const name of replicas) on.settle(name, denied, 1);
    expect(on.serving()).toEqual(["a", "b"]);
    expect(on.view.alarms.map((alarm) => `${alarm.code} ${alarm.target}`)).toEqual(["blind a", "blind b", "blind c"]);
    expect(on.verdict("a").reason).toMatch(/^not known for 15s: Access denied/);
  });

  it("the pool stays even when nobody mends it for a day, as no target is better", () => {
    const on = pool();
    for (let i = 0; i < 48; i++) {
      on.pass(1_800_000);
      for (const name of replicas) on.see(name, denied);
    }
    expect(on.serving()).toEqual(replicas);
    on.settle("b", lag(0), 1);
    expect(on.serving()).toEqual(["b"]);
  });

  it("the pool stays over a restart of checkd in the middle of it", () => {
    const memory = JSON.parse(JSON.stringify(pool().view.memory));
    const on = new Bench({ targets: replicas.map((name) => target(name)), memory });
    for (const name of replicas) on.see(name, denied);
    expect(on.serving()).toEqual(replicas);
  });
});

describe("checkd itself is stalled", () => {
  it("50 healthy targets whose deadlines fired late stay up", () => {
    const names = Array.from({ length: 50 }, (_, i) => `t${i}`);
    const on = new Bench({ targets: names.map((name, i) => ({ ...target(name), port: i + 1 })) });
    for (const name of names) on.see(name, "pass");
    on.pass(1500);
    for (const name of names) on.see(name, seen("unknown", { reason: "our deadline fired 1400 ms late" }));
    for (const name of names) on.see(name, "pass");
    expect(on.serving()).toEqual(names);
    expect(on.alarms()).toEqual([]);
  });
});
