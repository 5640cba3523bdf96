import { parseHostPort } from "../config/options.ts";
import type { Settings } from "../config/settings.ts";
import type { Part } from "../contract.ts";
import type { Observer } from "../engine/inside.ts";
import type { Piece } from "../engine/parts.ts";
import { describeError } from "../errors.ts";
import type { AdminGiven } from "./given.ts";
import { createServer } from "./http/server.ts";
import { createInside, type Inside } from "./inside.ts";

/** The admin part: API, metrics, events, and the page. */
export interface Admin {
  /** Where it listens, as a part; empty without an admin section. */
  parts(settings: Settings): readonly Piece[];
  /** Tells the metrics what the engine does. */
  readonly observer: Observer;
}

const SWEEP_MS = 60_000;

/** Loads the libraries and makes the admin part; it listens when its part is started. */
export async function openAdmin(given: AdminGiven): Promise<Admin> {
  const [{ fastify }, prom] = await Promise.all([import("fastify"), import("prom-client")]);
  const inside = createInside(given, prom);
  const { observer } = inside.metrics;
  return {
    parts({ admin }) {
      if (admin === null) return [];
      const { host, port } = addressOf(admin.listen);
      const part: Part = { key: `admin ${admin.listen}`, start: () => start(fastify, inside, host, port) };
      return [{ part, holds: [`port:${port}`] }];
    },
    observer: {
      ...observer,
      ended(pool) {
        observer.ended?.(pool);
        inside.chronicle.ended(pool);
      },
    },
  };
}

function addressOf(listen: string): { readonly host: string; readonly port: number } {
  const address = parseHostPort(listen);
  if (address === null) throw new Error(`admin.listen: "${listen}" is no address (write host:port or [v6]:port)`);
  return address;
}

async function start(
  fastify: Parameters<typeof createServer>[0],
  inside: Inside,
  host: string,
  port: number,
): ReturnType<Part["start"]> {
  const app = createServer(fastify, inside);
  try {
    await app.listen({ host, port, backlog: 511 });
  } catch (error) {
    await app.close();
    throw new Error(`admin.listen: ${host}:${port} ${whyNot(error)}`, { cause: error });
  }
  const { clock, board } = inside.given;
  const sweep = (): void => {
    inside.chronicle.sweep((id) => board.get(id as `${string}/${string}`) !== null);
    cancel = clock.at(clock.now() + SWEEP_MS, sweep);
  };
  let cancel = clock.at(clock.now() + SWEEP_MS, sweep);
  return {
    async stop() {
      cancel();
      inside.hub.end();
      await app.close();
    },
  };
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program",
  EACCES: "is not permitted (a port below 1024 needs CAP_NET_BIND_SERVICE)",
  EADDRNOTAVAIL: "is no address of this machine",
};

const whyNot = (error: unknown): string =>
  (error instanceof Error && "code" in error ? WHY[String(error.code)] : undefined) ??
  `cannot be listened on: ${describeError(error)}`;
