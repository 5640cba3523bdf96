import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { MOST_TARGETS } from "../../src/admin/metrics/pools.ts";
import { checkOf, poolOf, seen, settingsOf, target } from "../engine/rig.ts";
import { type AdminSetup, idleAgent, type RunningAdmin, runAdmin } from "./running-admin.ts";

const RULES = fileURLToPath(new URL("../../conf/checkd.rules.yml", import.meta.url));

let admin: RunningAdmin | null = null;
afterEach(async () => {
  await admin?.stop();
  admin = null;
});

async function start(setup: AdminSetup = {}): Promise<RunningAdmin> {
  admin = await runAdmin(setup);
  return admin;
}

/** Value of every series, as `name{labels}`. */
async function series(one: RunningAdmin): Promise<ReadonlyMap<string, number>> {
  const { text } = await one.ask("/metrics");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** Everything there can be to say: deliveries, registries, rendered files, polls. */
async function busy(): Promise<RunningAdmin> {
  const one = await start({
    given: {
      registries: () => [
        { name: "main", state: "reached", since: 0, answeredAt: 0, error: null, answers: 7, failures: 2 },
        { name: "zk", state: "unreachable", since: 0, answeredAt: null, error: "no", answers: 0, failures: 1 },
        { name: "new", state: "unused", since: 0, answeredAt: null, error: null, answers: 0, failures: 0 },
      ],
      agent: {
        ...idleAgent,
        stats: { ...idleAgent.stats, atOnce: 5, overLimit: 3, unknownNames: 2 },
        answers: () => new Map([["web", { up: 10, down: 2, unchanged: 1 }]]),
      },
    },
  });
  one.given.renders.rendered({ resource: "haproxy.toml", result: "written" });
  one.given.renders.rendered({ resource: "haproxy.toml", result: "failed" });
  const outlet = one.rig.engine.outletEnv("web");
  const at = one.clock.now();
  const told = { at, told: "x", shown: null, error: null };
  outlet.report({ ...told, outlet: "runtime", about: "web/app1", state: "synced" });
  outlet.report({ ...told, outlet: "publish-members", about: "services/web", state: "failed" });
  one.rig.check.reply = ({ name }) => ({ ...seen(name === "app1" ? "fail" : "pass"), facts: { lagSeconds: 3 } });
  await one.clock.advance(10_000);
  const body = { order: "drain", owner: "a", reason: "b", force: true };
  await one.ask("/api/pools/web/app2/override", { method: "POST", token: "right", body });
  return one;
}

it("tells verdicts, weights, facts, probes, orders, outlets, registries, rendering, polls and the process", async () => {
  const found = await series(await busy());
  const expected: Readonly<Record<string, number>> = {
    'checkd_build_info{version="1.2.3",node="VERSION"}': 1,
    'checkd_target_up{pool="web",target="app1"}': 0,
    'checkd_target_serves{pool="web",target="app2"}': 0,
    'checkd_target_weight_ratio{pool="web",target="app2"}': 0,
    'checkd_target_weight_ratio{pool="web",target="app3"}': 1,
    'checkd_target_judged{pool="web",target="app1"}': 0,
    'checkd_target_lag_seconds{pool="web",target="app3"}': 3,
    'checkd_pool_serving_members{pool="web"}': 1,
    'checkd_pool_needed_members{pool="web"}': 2,
    'checkd_pool_lost_members{pool="web"}': 1,
    'checkd_pool_ordered_members{pool="web",order="drain"}': 1,
    'checkd_pool_alarm{pool="web",code="below-at-least"}': 1,
    'checkd_pool_settled{pool="db"}': 1,
    'checkd_verdict_changes_total{pool="web",to="down"}': 1,
    'checkd_verdict_changes_total{pool="web",to="drained"}': 1,
    'checkd_outlet_synced{pool="web",outlet="runtime"}': 1,
    'checkd_outlet_synced{pool="web",outlet="publish-members"}': 0,
    'checkd_outlet_failed{pool="web",outlet="publish-members"}': 1,
    'checkd_outlet_unsynced_seconds{pool="web",outlet="publish-members"}': 10,
    'checkd_outlet_unsynced_seconds{pool="web",outlet="runtime"}': 0,
    'checkd_outlet_deliveries_total{pool="web",outlet="runtime",state="synced"}': 1,
    'checkd_registry_up{registry="main"}': 1,
    'checkd_registry_up{registry="zk"}': 0,
    'checkd_registry_requests_total{registry="main",result="failed"}': 2,
    'checkd_renders_total{resource="haproxy.toml",result="written"}': 1,
    'checkd_render_ok{resource="haproxy.toml"}': 0,
    'checkd_agent_polls_total{pool="web",answer="down"}': 2,
    'checkd_agent_answers_total{how="at_once"}': 5,
    'checkd_agent_refused_total{why="over_limit"}': 3,
    checkd_agent_unknown_names_total: 2,
    'checkd_http_requests_total{route="/api/pools/:pool/:target/override",method="POST",status="200"}': 1,
  };
  for (const [name, value] of Object.entries(expected))
    expect([name, found.get(name.replace("VERSION", process.versions.node))]).toEqual([name, value]);
  expect(found.has('checkd_registry_up{registry="new"}')).toBe(false);
  expect(found.get('checkd_probe_duration_seconds_count{pool="web",check="scripted"}')).toBeGreaterThan(5);
  expect(found.get('checkd_probes_total{pool="web",check="scripted",outcome="fail"}')).toBeGreaterThan(2);
  expect([...found.keys()].some((name) => name.startsWith("nodejs_eventloop_lag_p99_seconds"))).toBe(true);
});

it("keeps Prometheus' rules of naming", async () => {
  const { text } = await (await busy()).ask("/metrics");
  const types = [...text.matchAll(/^# TYPE (checkd_\w+) (\w+)$/gm)].map(
    ([, name = "", type = ""]) => [name, type] as const,
  );
  expect(types.length).toBeGreaterThan(35);
  for (const [name, type] of types) {
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect(name).not.toMatch(/(_ms|_milliseconds|_percent|[A-Z])/);
    expect(text).toContain(`# HELP ${name} `);
  }
});

it("has every metric that the alert rules name, with the labels they use", async () => {
  const { text } = await (await busy()).ask("/metrics");
  const rules = readFileSync(RULES, "utf8");
  const expressions = [...rules.matchAll(/expr: (.*)/g)].map(([, expression = ""]) => expression);
  const names = new Set(expressions.join(" ").match(/checkd_\w+/g));
  expect(names.size).toBeGreaterThan(12);
  for (const name of names) expect(text).toContain(`# TYPE ${name} `);
  const codes = ["two-writers", "no-writer", "unfit-kept", "fallback", "brake", "blind"];
  for (const code of codes) expect(rules).toContain(code);
});

it("has a bounded number of series, and none of what is gone", async () => {
  const many = Array.from({ length: MOST_TARGETS + 50 }, (_, index) => target(`t${index}`, 1 + (index % 60_000)));
  const one = await start({
    settings: ({ check }) =>
      settingsOf(
        poolOf("gone", { checks: [checkOf(check)], targets: [target("x")] }),
        poolOf("large", { checks: [], targets: many }),
      ),
  });
  const outlet = one.rig.engine.outletEnv("gone");
  const delivery = { outlet: "runtime", about: "gone/x", at: one.clock.now(), told: "x", shown: null, error: null };
  outlet.report({ ...delivery, state: "synced" });
  const before = await series(one);
  expect(before.get('checkd_outlet_deliveries_total{pool="gone",outlet="runtime",state="synced"}')).toBe(1);
  const ups = [...before.keys()].filter((name) => name.startsWith("checkd_target_up{"));
  expect(ups.length).toBe(MOST_TARGETS);
  expect(before.get("checkd_metrics_omitted_targets")).toBe(51);
  expect([...before.keys()].some((name) => name.includes('pool="gone"'))).toBe(true);
  const pools = one.settings.pools.filter(({ name }) => name !== "gone");
  await one.rig.engine.configure({ ...one.settings, pools }, [...one.admin.parts(one.settings)]);
  // The last word of an outlet may come when its pool has gone.
  outlet.report({ ...delivery, state: "failed" });
  const after = await series(one);
  expect([...after.keys()].filter((name) => name.includes('pool="gone"'))).toEqual([]);
});
