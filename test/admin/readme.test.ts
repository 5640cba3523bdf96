import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventAnswers } from "../../src/admin/event-answers.ts";
import { type RunningAdmin, runAdmin } from "./running-admin.ts";

const text = readFileSync(fileURLToPath(new URL("../../src/admin/README.md", import.meta.url)), "utf8");
const cells = [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = ""]) => cell);

let admin: RunningAdmin;
beforeAll(async () => {
  admin = await runAdmin();
});
afterAll(() => admin.stop());

it("names every route, and none that is not there", async () => {
  const { paths } = (await admin.ask("/api/openapi.json")).json as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(cells.filter((cell) => /^(GET|POST|DELETE) /.test(cell)).sort()).toEqual(routes.sort());
});

it("names every metric, and none that is not there", async () => {
  const metrics = [...(await admin.ask("/metrics")).text.matchAll(/^# TYPE (checkd_\w+)/gm)].map(
    ([, name = ""]) => name,
  );
  expect(cells.filter((cell) => cell.startsWith("checkd_")).sort()).toEqual(metrics.sort());
});

it("names every event", () => {
  expect(Object.keys(eventAnswers).filter((name) => !cells.includes(name))).toEqual(["hello"]);
});
