import { afterEach, describe, expect, it } from "vitest";
import { plan, preview } from "../../src/admin/preview.ts";
import { Bench, claim, seen, target } from "../core/build.ts";
import { checkOf, seen as engineSeen, poolOf, settingsOf } from "../engine/rig.ts";
import { type RunningAdmin, runAdmin } from "./running-admin.ts";

let admin: RunningAdmin | null = null;
afterEach(async () => {
  await admin?.stop();
  admin = null;
});

const body = { order: "drain", owner: "ann", reason: "disk", for: "2m" };
const post = (one: RunningAdmin, id: string, more: object = {}) =>
  one.ask(`/api/pools/${id}/override`, { method: "POST", token: "right", body: { ...body, ...more } });
const told = (one: RunningAdmin, id: `${string}/${string}`) => one.given.board.get(id)?.verdict;

describe("an order", () => {
  it("stands at once, shows everywhere, and ends when its time is up", async () => {
    const one = await runAdmin();
    admin = one;
    const { json } = await post(one, "web/app1");
    expect(json).toMatchObject({
      target: "web/app1",
      order: { order: "drain", owner: "ann", reason: "disk" },
      consequences: { text: "2 of 3 members remain", before: 3, after: 2, needed: 2, breaks: false },
    });
    expect(told(one, "web/app1")).toMatchObject({ state: "up", weight: 0, order: "drain" });
    const target = (await one.ask("/api/pools/web/app1")).json;
    expect(target).toMatchObject({
      agent: { line: "up 0% #drain by ann: disk", changes: true },
      target: { order: { owner: "ann" }, serves: false },
      notes: [{ code: "order", text: "drain ordered by ann for 2m: disk" }],
    });
    await one.clock.advance(121_000);
    expect(told(one, "web/app1")).toMatchObject({ state: "up", weight: 100, order: null });
    const after = (await one.ask("/api/pools/web/app1")).json as { notes: { text: string }[] };
    expect(after.notes.at(-1)?.text).toBe("drain of ann ended: its time was up");
  });

  it("that leaves fewer than at_least is refused with its consequences, unless it is forced", async () => {
    const one = await runAdmin();
    admin = one;
    await post(one, "web/app1");
    const refused = await post(one, "web/app2", { order: "maint" });
    expect([refused.status, refused.json]).toEqual([
      409,
      {
        error: {
          code: "would_break_at_least",
          message: '1 of 3 members remains, fewer than at_least 2; send "force": true to order it all the same',
        },
      },
    ]);
    expect(told(one, "web/app2")?.state).toBe("up");
    expect((await post(one, "web/app2", { order: "maint", force: true })).status).toBe(200);
    expect(told(one, "web/app2")).toMatchObject({ state: "down", order: "maint" });
  });

  it("of a target that is out anyway breaks nothing", async () => {
    const one = await runAdmin();
    admin = one;
    one.rig.check.reply = ({ name }) => engineSeen(name === "app1" || name === "app2" ? "fail" : "pass");
    await one.clock.advance(10_000);
    expect((await post(one, "web/app1", { order: "maint" })).status).toBe(200);
    expect((await post(one, "web/app3")).status).toBe(409);
  });

  it("replaces the former one, and ends without a word where there is none", async () => {
    const one = await runAdmin();
    admin = one;
    await post(one, "web/app1");
    await post(one, "web/app1", { order: "maint", owner: "bob", for: undefined });
    expect(one.given.board.get("web/app1")?.override).toMatchObject({ order: "maint", owner: "bob", until: null });
    const end = () =>
      one.ask("/api/pools/web/app1/override", { method: "DELETE", token: "right", body: { owner: "cid" } });
    expect((await end()).json).toMatchObject({
      order: null,
      consequences: { order: "ready", text: "3 of 3 members serve" },
    });
    expect((await end()).status).toBe(200);
  });

  it("before everything has answered needs force, as nobody knows what would remain", async () => {
    const one = await runAdmin({
      settings(rig) {
        rig.check.reply = () => null;
        const policy = { settleMs: 600_000 };
        const targets = [target("app1"), target("app2")];
        return settingsOf(poolOf("web", { checks: [checkOf(rig.check, { timeoutMs: 600_000 })], targets, policy }));
      },
    });
    admin = one;
    const { status, json } = await post(one, "web/app1");
    expect([status, json]).toEqual([
      409,
      { error: { code: "not_settled", message: expect.stringContaining("settled") } },
    ]);
    expect((await post(one, "web/app1", { force: true })).status).toBe(200);
  });
});

describe("a preview", () => {
  const bench = (setup: ConstructorParameters<typeof Bench>[0] = {}): Bench => {
    const made = new Bench(setup);
    for (const { target: each } of made.view.rows.values()) made.see(each.name, "pass");
    return made;
  };
  const ask = (on: Bench, name: string, order: "drain" | "maint" | null) =>
    preview({ view: on.view, now: on.now }, name, order === null ? null : plan(order, on.now));

  it("tells what remains, and changes nothing", () => {
    const on = bench();
    const { view } = on;
    expect(ask(on, "a", "drain")).toEqual({
      ...{ order: "drain", before: 3, after: 2, members: 3, needed: 1, breaks: false, text: "2 of 3 members remain" },
      changes: [{ target: "a", from: "up 100%", to: "up 0% (drain)", reason: "drain by preview: preview" }],
    });
    expect(on.view).toBe(view);
  });

  it("knows what the floor would keep, and says so", () => {
    const on = bench({ policy: { atLeast: { count: 2 } } });
    on.settle("c", "warn");
    const found = ask(on, "a", "maint");
    expect(found).toMatchObject({ before: 2, after: 2, breaks: false });
    expect(found.text).toBe("2 of 3 members remain; kept though unfit: c");
    expect(found.changes.map(({ target: name, to }) => [name, to])).toEqual([
      ["a", "down (maint)"],
      ["c", "up 100%"],
    ]);
  });

  it("knows who takes over by fallback, and still counts the members", () => {
    const on = bench({ targets: [target("a"), target("primary", "backup")], policy: { fallback: true } });
    const found = ask(on, "a", "drain");
    expect(found).toMatchObject({ before: 1, after: 0, breaks: true });
    expect(found.text).toBe("0 of 1 member remains, fewer than at_least 1; primary takes over by fallback");
  });

  it("refuses to drain a writer that nobody replaces", () => {
    const on = new Bench({ policy: { role: "writer" } });
    on.see("a", seen("pass", { claim: claim("writer") }));
    for (const name of ["b", "c"])
      on.see(name, seen("fail", { claim: claim("reader", { follows: "10.0.0.98:3306" }) }));
    expect(ask(on, "a", "maint")).toMatchObject({ before: 1, after: 0, breaks: true });
  });

  it("of the end of an order is what its checks say", () => {
    const on = bench();
    on.apply({ kind: "ordered", target: "a", override: plan("maint", on.now) });
    expect(ask(on, "a", null)).toMatchObject({ order: "ready", before: 2, after: 3, text: "3 of 3 members serve" });
    on.settle("a", "fail");
    expect(ask(on, "a", null)).toMatchObject({ before: 2, after: 2, text: "2 of 3 members serve" });
  });

  it("of a share counts in members", () => {
    const on = bench({ policy: { atLeast: { share: 0.9 } } });
    expect(ask(on, "b", "drain")).toMatchObject({ needed: 3, breaks: true });
  });
});
