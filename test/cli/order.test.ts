import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PreviewAnswer } from "../../src/admin/order-answers.ts";
import { adminClient, apiPath, targetName } from "../../src/cli/admin-client.ts";
import { completionScript } from "../../src/cli/completion.ts";
import { orderText } from "../../src/cli/order.ts";
import { type RunningAdmin, runAdmin } from "../admin/running-admin.ts";
import { freePort } from "../servers/process.ts";

let admin: RunningAdmin;
let dir: string;
beforeAll(async () => {
  admin = await runAdmin();
  dir = mkdtempSync(join(tmpdir(), "checkd-client-"));
});
afterAll(async () => {
  await admin.stop();
  rmSync(dir, { recursive: true });
});

const url = (): string => `http://127.0.0.1:${admin.port}`;
const path = `${apiPath("web", "app1")}/override`;
const body = { order: "drain", owner: "ann", reason: "disk" };

describe("the client of the API", () => {
  it("finds the daemon by the flag, else by the admin section; a wildcard address is this machine", () => {
    const conf = join(dir, "checkd.yaml");
    const listens = (listen: string): string => {
      writeFileSync(conf, `admin: { listen: "${listen}" }\n`);
      return adminClient({ conf }, {}).url;
    };
    expect(listens("0.0.0.0:8910")).toBe("http://127.0.0.1:8910");
    expect(listens("[::]:8910")).toBe("http://[::1]:8910");
    expect(listens("10.0.0.9:80")).toBe("http://10.0.0.9:80");
    expect(adminClient({ conf, admin: "http://lb1:8910/" }, {}).url).toBe("http://lb1:8910");
    writeFileSync(conf, "admin: {}\n");
    expect(adminClient({ conf }, {}).url).toBe("http://127.0.0.1:8910");
    writeFileSync(conf, "pools: [");
    expect(() => adminClient({ conf }, {})).toThrow("has no admin section");
    expect(() => adminClient({ conf: join(dir, "nowhere.yaml") }, {})).toThrow("name the daemon with --admin URL");
  });

  it("takes the token of the file, else of the variable, else of the admin section", async () => {
    const conf = join(dir, "token.yaml");
    const file = join(dir, "token");
    writeFileSync(file, "right\n");
    writeFileSync(conf, `admin: { listen: "127.0.0.1:${admin.port}", token: "\${file:token}" }\n`);
    const order = async (options: Parameters<typeof adminClient>[0], env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
      adminClient(options, env).post(path, body);
    await order({ admin: url(), tokenFile: file });
    await order({ admin: url() }, { CHECKD_TOKEN: "right" });
    await order({ conf });
    await expect(order({ conf }, { CHECKD_TOKEN: "wrong" })).rejects.toMatchObject({ code: 2 });
    await expect(order({ admin: url(), tokenFile: join(dir, "none") })).rejects.toThrow("--token-file");
  });

  it.each<readonly [string, () => Promise<unknown>, number, RegExp]>([
    ["no token", () => adminClient({ admin: url() }, {}).post(path, body), 2, /--token-file FILE or CHECKD_TOKEN/],
    [
      "an unknown pool",
      () => adminClient({ admin: url() }, {}).get(apiPath("wbe")),
      2,
      /did you mean "web".*checkd status/,
    ],
    [
      ...([
        "an order that breaks at_least",
        () => forced("web", "app2", "app3"),
        1,
        /add --force to order it/,
      ] as const),
    ],
    ["a wrong body", () => adminClient({ admin: url() }, { CHECKD_TOKEN: "right" }).post(path, {}), 2, /body\.order/],
  ])("ends with the code and the next step: %s", async (_, ask, code, says) => {
    const error = await ask().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(says);
  });

  async function forced(pool: string, ...targets: readonly string[]): Promise<void> {
    const client = adminClient({ admin: url() }, { CHECKD_TOKEN: "right" });
    for (const target of targets) await client.post(`${apiPath(pool, target)}/override`, body);
  }

  it("says that nobody answers, or that what answers is no checkd", async () => {
    const port = await freePort();
    const away = adminClient({ admin: `http://127.0.0.1:${port}` }, {}).get("/api/pools");
    await expect(away).rejects.toMatchObject({ code: 3, message: expect.stringContaining("ECONNREFUSED") });
    const other = createServer((_, answer) => answer.end("<html>hello")).listen(port, "127.0.0.1");
    try {
      const strange = adminClient({ admin: `http://127.0.0.1:${port}` }, {}).get("/api/pools");
      await expect(strange).rejects.toMatchObject({ code: 3, message: expect.stringContaining("is no checkd") });
    } finally {
      other.close();
      other.closeAllConnections();
    }
  });
});

describe("words of orders", () => {
  const consequences = {
    ...{
      order: "drain" as const,
      text: "2 of 3 members remain",
      before: 3,
      after: 2,
      members: 3,
      needed: 1,
      breaks: false,
    },
    changes: [],
  } satisfies PreviewAnswer;
  it("say who, until when, and what remains", () => {
    const order = {
      order: "drain",
      owner: "ann",
      reason: "x",
      since: "2026-01-02T03:00:00.000Z",
      until: null,
    } as const;
    expect(orderText({ target: "web/a", order, consequences })).toBe(
      "web/a: drain by ann until checkd ready ends it; 2 of 3 members remain",
    );
    expect(orderText({ target: "web/a", order: { ...order, until: "2026-01-02T03:30:00.000Z" }, consequences })).toBe(
      "web/a: drain by ann until 2026-01-02T03:30:00Z; 2 of 3 members remain",
    );
  });

  it.each(["", "web", "web/", "/app1", "a/b/c"])('"%s" is no target', (text) => {
    expect(() => targetName(text)).toThrow(/POOL\/TARGET/);
  });

  it("there is no completion for a shell we do not know", async () => {
    const { Command } = await import("commander");
    expect(() => completionScript("tcsh", new Command())).toThrow("allowed: bash, zsh, fish");
  });
});
