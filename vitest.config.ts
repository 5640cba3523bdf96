import { defineConfig } from "vitest/config";

/** Random runs, leaks and real clocks: no server is needed, but patience. */
const patient = [
  "test/**/*.property.test.ts",
  "test/contract/checker*.test.ts",
  "test/**/{real-clock,hostile,fuzz,robust}.test.ts",
  "test/render/{transaction,pipeline}/*.test.ts",
  "test/checks/{memcached,exec}.test.ts",
  "test/admin/{access,shared-shelf}*.test.ts",
  "test/contract/plug-ins.test.ts",
];

// unit: what `npm run check` runs, in seconds. patient: the same without a server, in a minute. servers: real servers.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: ["test/**/*.server.test.ts", ...patient],
          // They leave nothing behind in their process: loading everything anew for each file would take most of the time.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { name: "patient", include: patient, testTimeout: 30_000, sequence: { groupOrder: 1 } } },
      {
        test: {
          name: "servers",
          include: ["test/**/*.server.test.ts"],
          globalSetup: ["test/servers/global-setup.ts"],
          // Most of them wait for servers: two at a time keep two cores busy.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
