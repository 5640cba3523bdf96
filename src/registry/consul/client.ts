import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type Consul from "consul";
import type { Secret } from "../../contract.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { abortable } from "../rejection.ts";

/** An answer of Consul: its headers carry the index, the body is decoded JSON. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A value as Consul sends it. */
export interface Packed {
  readonly base64: string;
}

// The library would take all values apart, also those that are known: it leaves alone what is no string.
function decodeJson(body: Buffer): unknown {
  const decoded: unknown = JSON.parse(body.toString());
  if (!Array.isArray(decoded)) return decoded;
  for (const item of decoded as { Value?: unknown }[])
    if (typeof item?.Value === "string") item.Value = { base64: item.Value } satisfies Packed;
  return decoded;
}

/** What each call is given beside its own options. */
export interface CallOptions {
  readonly token?: string;
  readonly dc?: string;
  readonly stale?: boolean;
  readonly consistent?: boolean;
  readonly timeout: number;
  readonly ctx: EventEmitter & { includeResponse?: boolean };
}

/** How one registry of the configuration reaches Consul. */
export interface ConsulSettings {
  readonly address: string;
  readonly token: Secret | undefined;
  readonly datacenter: string | undefined;
  readonly consistency: "default" | "stale" | "consistent";
  readonly timeoutMs: number;
  readonly tls:
    | { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly verify: boolean }
    | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
}

/** Calls Consul: one total deadline each, our signal (the library ignores AbortSignal), errors told apart. */
export interface ConsulCaller {
  call<T>(signal: AbortSignal, ask: (client: Consul, options: CallOptions) => Promise<T>, waitMs?: number): Promise<T>;
  close(): void;
}

async function connect(settings: ConsulSettings): Promise<Consul> {
  const { default: Client } = await import("consul");
  const url = new URL(settings.address);
  const secure = url.protocol === "https:";
  const { Agent } = secure ? await import("node:https") : await import("node:http");
  const tls = settings.tls;
  // Basic authentication travels in the base address; papi takes it from there and sends it as a header.
  if (settings.username !== undefined) url.username = encodeURIComponent(settings.username);
  if (settings.password !== undefined) url.password = encodeURIComponent(settings.password.reveal());
  const agent = new Agent({
    keepAlive: true,
    ...(secure && tls !== undefined
      ? { ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.verify }
      : {}),
  });
  const base = { baseUrl: `${url.href.replace(/\/$/, "")}/v1`, agent, decoders: { "application/json": decodeJson } };
  return new Client(base);
}

/** Opens nothing: the library is loaded and the first connection made by the first call. */
export function openCaller(settings: ConsulSettings): ConsulCaller {
  let client: Promise<Consul> | null = null;
  return {
    async call(signal, ask, waitMs = 0) {
      client ??= connect(settings);
      const ctx: CallOptions["ctx"] = Object.assign(new EventEmitter(), { includeResponse: true });
      const cancel = (): boolean => ctx.emit("cancel");
      signal.addEventListener("abort", cancel, { once: true });
      try {
        return await abortable(ask(await client, callOptions(settings, ctx, waitMs)), signal);
      } catch (error) {
        throw explain(error, settings.address);
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },
    close: () => void client?.then((made) => made.destroy()),
  };
}

function callOptions(settings: ConsulSettings, ctx: CallOptions["ctx"], waitMs: number): CallOptions {
  const { token, datacenter, consistency } = settings;
  return {
    ...(token === undefined ? {} : { token: token.reveal() }),
    ...(datacenter === undefined ? {} : { dc: datacenter }),
    ...(consistency === "default" ? {} : { [consistency]: true }),
    // A blocking query ends up to a sixteenth after its wait (Consul, HTTP API, Blocking Queries).
    timeout: waitMs === 0 ? settings.timeoutMs : Math.ceil(waitMs * 1.0625) + settings.timeoutMs,
    ctx,
  };
}

/** The status and body behind an error of the library, where there is one. */
export function responseOf(error: unknown): Answer | null {
  if (!(error instanceof Error) || !("response" in error)) return null;
  return (error.response as Answer | undefined) ?? null;
}

function explain(error: unknown, address: string): unknown {
  if (error instanceof RegistryError) return error;
  const response = responseOf(error);
  // The library puts its own name for the call in front, which says nothing to people.
  if (error instanceof Error) error.message = error.message.replace(/^consul: [\w.]+: /, "");
  const text = describeError(error);
  if (response === null) return new RegistryError("unreachable", `consul at ${address}: ${text}`, { cause: error });
  const body = Buffer.isBuffer(response.body) ? response.body.toString() : String(response.body ?? text);
  const said = `consul at ${address} answered ${response.statusCode}: ${body.slice(0, 200).trim()}`;
  if (response.statusCode === 401 || response.statusCode === 403)
    return new RegistryError("denied", said, { cause: error });
  return new RegistryError(response.statusCode >= 500 ? "unreachable" : "refused", said, { cause: error });
}
