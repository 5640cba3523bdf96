import { expect, it } from "vitest";
import type { Delivery } from "../../src/contract.ts";
import type { Alarm } from "../../src/core/types.ts";
import type { Inside } from "../../src/engine/inside.ts";
import { outletEnvOf } from "../../src/engine/outlet-env.ts";

function rig() {
  const heard: string[] = [];
  const alarms = new Map<string, Alarm>();
  const inside = { journal: { deliver: () => {} } } as unknown as Inside; // all that is used
  const env = outletEnvOf(inside, "web", {
    heard: (id) => void heard.push(id),
    alarm: (pool, key, alarm) => {
      if (alarm === null) alarms.delete(`${pool} ${key}`);
      else alarms.set(`${pool} ${key}`, alarm);
    },
  });
  const report = (about: string, state: Delivery["state"], more: Partial<Delivery> = {}): void =>
    env.report({ outlet: "runtime", about, state, at: 0, told: "", shown: null, error: null, ...more });
  const texts = (): string[] => [...alarms.values()].map(({ text }) => text);
  return { env, heard, report, texts };
}

it("makes a failure that concerns the whole pool an alarm of it, until it is over", () => {
  const { report, texts, env } = rig();
  report("web at /s", "failed", { error: "no free slot for c" });
  expect(texts()).toEqual(["runtime of web at /s: no free slot for c"]);
  report("web at /s", "pending");
  expect(texts()).toHaveLength(1);
  report("web at /s", "synced");
  expect(texts()).toEqual([]);
  report("web at /s", "failed", { error: "denied" });
  env.over();
  expect(texts()).toEqual([]);
});

it("hears a down that HAProxy shows, and takes what fails for one target for no alarm", () => {
  const { report, heard, texts } = rig();
  report("web/a", "pending", { told: "down", shown: "UP" });
  report("web/a", "failed", { told: "down", error: "no answer" });
  report("web/a", "synced", { told: "up", shown: "DOWN" });
  expect(heard).toEqual([]);
  report("web/a", "synced", { told: "down", shown: "DOWN (agent)" });
  report("web/b", "synced", { told: "down in web3", shown: "MAINT" });
  expect([heard, texts()]).toEqual([["web/a", "web/b"], []]);
});
