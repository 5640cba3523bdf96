import { defineConfig } from "vitest/config";

// unit: pure logic and loopback sockets of our own, under 30 s in all. servers: real servers, one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.server.test.ts"],
        },
      },
      {
        test: {
          name: "servers",
          include: ["test/**/*.server.test.ts"],
          globalSetup: ["test/servers/global-setup.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
