// Schemas for values that options of all kinds share, so that they read alike everywhere.
import { z } from "zod";
import { parseDuration } from "../core/duration.ts";
import { secretOf } from "./secret.ts";

const SIZE = /^(\d+)(b|kb|mb|gb)?$/i;
const FACTORS: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

function refuse(ctx: z.core.$RefinementCtx, input: unknown, message: string): never {
  ctx.issues.push({ code: "custom", input, message });
  return z.NEVER;
}

/** `500ms`, `2s`, `1m`, `1h`; gives milliseconds. */
export const duration = (): z.ZodType<number, string | number> =>
  z
    .union([z.string(), z.number()])
    .transform((text, ctx) => {
      const ms = parseDuration(String(text));
      if (ms !== null) return ms;
      return typeof text === "number"
        ? refuse(ctx, text, `${text} has no unit (write ${text}s or ${text}ms)`)
        : refuse(ctx, text, `"${text}" is no duration (write 500ms, 2s, 1m or 1h)`);
    })
    .meta({ type: "duration" });

/** `64kb`, `1mb` or a number of bytes; gives bytes. */
export const size = (): z.ZodType<number, string | number> =>
  z
    .union([z.string(), z.number().int().nonnegative()])
    .transform((text, ctx) => {
      const [, digits, unit] = SIZE.exec(String(text).trim()) ?? [];
      if (digits !== undefined) return Number(digits) * (FACTORS[(unit ?? "b").toLowerCase()] ?? 1);
      return refuse(ctx, text, `"${text}" is no size (write 64kb, 1mb or a number of bytes)`);
    })
    .meta({ type: "size" });

/** A share such as `50%`; gives 0..1. */
export const share = (): z.ZodType<number, string | number> =>
  z
    .union([z.string(), z.number()])
    .transform((given, ctx) => {
      if (typeof given === "number") return refuse(ctx, given, `${given} is no share (write ${given}%)`);
      const [, digits] = /^(\d+(?:\.\d+)?)\s*%$/.exec(given.trim()) ?? [];
      const percent = Number(digits);
      if (percent >= 0 && percent <= 100) return percent / 100;
      return refuse(ctx, given, `"${given}" is no share (write 0% to 100%)`);
    })
    .meta({ type: "share" });

/** A value that prints as `[secret]`; write it as `${file:PATH}`, `${env:NAME}` or `${credential:NAME}`. */
export const secret = () => z.string().meta({ type: "secret" }).transform(secretOf);

const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/;

/** Host and port of `host:port` or `[v6]:port`; null when it is none. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | null {
  const [, v6, name, digits] = HOST_PORT.exec(text.trim()) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  return host === undefined || !(port >= 1 && port <= 65535) ? null : { host, port };
}

/** `host:port` or `[v6]:port`. */
export const hostPort = (): z.ZodType<{ readonly host: string; readonly port: number }, string> =>
  z
    .string()
    .transform((text, ctx) => parseHostPort(text) ?? refuse(ctx, text, addressProblem(text)))
    .meta({ type: "address" });

function addressProblem(text: string): string {
  const hint = /^[[0-9a-f.]*:[0-9a-f.\]]*:/i.test(text) ? "write [v6]:port" : "write host:port, port 1 to 65535";
  return `"${text}" is no address (${hint})`;
}
