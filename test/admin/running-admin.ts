import { request as open } from "node:http";
import { type Admin, openAdmin } from "../../src/admin/admin.ts";
import type { AdminGiven } from "../../src/admin/given.ts";
import { RenderWatch } from "../../src/admin/metrics/render-watch.ts";
import type { AdminSettings, Settings } from "../../src/config/settings.ts";
import type { Secret } from "../../src/contract.ts";
import type { Observer } from "../../src/engine/inside.ts";
import { createFakeClock, type FakeClock } from "../engine/fake-clock.ts";
import { checkOf, poolOf, type Rig, rig, settingsOf, target } from "../engine/rig.ts";
import { freePort } from "../servers/process.ts";

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

/** An engine with its admin part, on a clock that a test moves. */
export interface RunningAdmin {
  readonly rig: Rig;
  readonly clock: FakeClock;
  readonly port: number;
  readonly given: AdminGiven;
  readonly admin: Admin;
  readonly settings: Settings;
  ask(path: string, more?: Asking): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string;
}

/** A secret that a test knows. */
export const secret = (text: string): Secret => ({ reveal: () => text });

/** What differs from three fit servers behind a loopback listener with the token "right". */
export interface AdminSetup {
  readonly admin?: Partial<AdminSettings>;
  readonly given?: Partial<AdminGiven>;
  readonly rig?: Parameters<typeof rig>[0];
  settings?(one: Rig): Settings;
}

const standard = (one: Rig): Settings =>
  settingsOf(
    poolOf("web", {
      group: "shop",
      checks: [checkOf(one.check)],
      targets: ["app1", "app2", "app3"].map((name) => target(name)),
      policy: { atLeast: { count: 2 } },
    }),
    poolOf("db", { checks: [checkOf(one.check)], targets: [target("db1")] }),
  );

/** Starts it; everything has been seen once. */
export async function runAdmin(setup: AdminSetup = {}): Promise<RunningAdmin> {
  const clock = createFakeClock();
  const observers: Observer[] = [];
  const one = rig({ fake: clock, observers, ...setup.rig });
  const port = await freePort();
  const listen = setup.admin?.listen?.replace(/:0$/, `:${port}`) ?? `127.0.0.1:${port}`;
  const settings: Settings = {
    ...(setup.settings ?? standard)(one),
    admin: { token: secret("right"), read: "token", ...setup.admin, listen },
  };
  const { board, prober, orders, journal } = one.engine;
  const given: AdminGiven = {
    ...{ board, prober, orders, journal, clock },
    log: (level, text, fields) => void one.lines.push(`${level} ${text} ${JSON.stringify(fields ?? {})}`),
    version: "1.2.3",
    settings: () => settings,
    registries: () => [],
    agent: idleAgent,
    renders: new RenderWatch(clock),
    page: null,
    ...setup.given,
  };
  const admin = await openAdmin(given);
  observers.push(admin.observer);
  await one.engine.configure(settings, [...admin.parts(settings)]);
  await clock.advance(1500);
  return {
    ...{ rig: one, clock, port, given, admin, settings },
    ask: (path, more) => ask(port, path, more),
    stop: () => one.stop(),
  };
}

/** An agent nobody asks. */
export const idleAgent: AdminGiven["agent"] = {
  stats: {
    ...{ open: 0, atOnce: 0, waited: 0, overdue: 0, abandoned: 0, unknownNames: 0 },
    ...{ malformed: 0, notAllowed: 0, overLimit: 0, timedOut: 0, listenerErrors: 0 },
  },
  impatient: () => [],
  answers: () => new Map(),
};

/** One request. */
export function ask(port: number, path: string, { method, token, headers, body, raw }: Asking = {}): Promise<Answer> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Promise((done, fail) => {
    const request = open(
      {
        ...{ host: "127.0.0.1", port, path, method: method ?? "GET", agent: false },
        headers: {
          ...(sent === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", fail);
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          done({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: parsed(text) });
        });
      },
    );
    request.on("error", fail);
    request.end(sent);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
