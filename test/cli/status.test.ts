import { describe, expect, it } from "vitest";
import type { PoolSummary, TargetSummary } from "../../src/admin/answers.ts";
import { type Shown, tableOf } from "../../src/cli/status.ts";
import { paintFor, table } from "../../src/cli/table.ts";

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

const pool = (name: string, more: Partial<PoolSummary> = {}): PoolSummary => ({
  ...{ name, group: null, role: "readers", settled: true, state: "up", revision: 1, members: 2, serving: 2 },
  ...{ ordered: 0, needed: 1, backups: [], alarms: [], ...more },
});

const target = (name: string, more: Partial<TargetSummary> = {}): TargetSummary => ({
  ...{ id: `web/${name}`, name, address: "10.0.0.1:80", part: "member", state: "up", weight: 100, serves: true },
  ...{ judged: "up", pending: false, stale: false, reason: "ok", since: ago(200), observedAt: ago(1), order: null },
  ...{ facts: {}, recent: "pp", trend: null, ...more },
});

const pipe = { write: () => {}, isTerminal: false, width: null };

const night: Shown = [
  { pool: pool("calm", { group: "shop" }), targets: [target("a"), target("b-with-a-long-name")] },
  {
    pool: pool("sick", {
      state: "down",
      serving: 0,
      ordered: 1,
      alarms: [{ code: "x", text: "no target serves", target: null }],
    }),
    targets: [
      target("c", {
        state: "down",
        weight: 0,
        reason: "10.0.0.1:80: connection refused",
        since: ago(5),
        pending: true,
      }),
      target("d", {
        ...{ weight: 0, reason: "drain by ann: disk", stale: true, part: "backup" },
        order: { order: "drain", owner: "ann", reason: "disk", since: ago(9), until: "2026-01-02T03:30:00.000Z" },
      }),
      target("e", {
        state: null,
        weight: 0,
        since: null,
        observedAt: null,
        reason: "no verdict yet: not seen since start",
      }),
    ],
  },
];

describe("the table of status", () => {
  it("shows pools in trouble first, columns in line, and what an operator must know of each target", () => {
    expect(tableOf(night, now, pipe)).toBe(
      [
        "TARGET                ADDRESS      STATE  WEIGHT  FOR     REASON",
        "sick  down  0 of 2 serve, at_least 1, 1 under order",
        "  ! no target serves",
        "  c                   10.0.0.1:80  down   0%      5s      [confirming] 10.0.0.1:80: connection refused",
        "  d                   10.0.0.1:80  up     0%      3m 20s  [backup, drain until 2026-01-02T03:30:00Z, stale] drain by ann: disk",
        "  e                   10.0.0.1:80  -      -       -       no verdict yet: not seen since start",
        "shop/calm  up  2 of 2 serve, at_least 1",
        "  a                   10.0.0.1:80  up     100%    3m 20s  ok",
        "  b-with-a-long-name  10.0.0.1:80  up     100%    3m 20s  ok",
        "",
      ].join("\n"),
    );
  });

  it("has colours on a terminal only, and not with NO_COLOR", () => {
    const terminal = { ...pipe, isTerminal: true };
    expect(tableOf(night, now, terminal, {})).toContain("\u001b[31mdown\u001b[0m");
    expect(tableOf(night, now, terminal, { NO_COLOR: "1" })).not.toContain("\u001b");
    expect(tableOf(night, now, pipe, {})).not.toContain("\u001b");
  });

  it("cuts the last column at the width of the terminal, colours left out of the count", () => {
    const text = tableOf(night, now, { ...pipe, isTerminal: true, width: 70 }, {});
    const plain = text.replace(/\u001b\[\d*m/g, "").split("\n");
    const rows = plain.filter((line) => line.startsWith("  ") && !line.startsWith("  !"));
    expect(Math.max(...rows.map((line) => line.length))).toBe(70);
    expect(rows[0]).toMatch(/…$/);
  });

  it("says so when there is nothing", () => {
    expect(tableOf([], now, pipe)).toBe("there are no pools\n");
  });
});

describe("a table", () => {
  it("needs no rows, and no cells of equal number", () => {
    const plain = paintFor(false, {});
    expect(table([], plain, null)).toBe("");
    expect(table([[{ text: "a" }], [{ text: "bb" }, { text: "c" }]], plain, null)).toBe("a\nbb  c\n");
  });
});
