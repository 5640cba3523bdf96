// Values of the configuration file itself; those that plug-ins use too stand in options.ts.
import { isIP } from "node:net";
import { z } from "zod";
import { parseDuration } from "../../core/duration.ts";
import { parseHostPort } from "../options.ts";

/** No end: a number, not Infinity, because settings are recorded as JSON. */
export const FOREVER_MS = Number.MAX_SAFE_INTEGER;

const refuse = (ctx: z.core.$RefinementCtx, input: unknown, message: string): never => {
  ctx.issues.push({ code: "custom", input, message });
  return z.NEVER;
};

/** One value or a list of them; gives the list. */
export const listOf = <S extends z.ZodType>(schema: S) =>
  z.union([schema, z.array(schema)]).transform((given): z.output<S>[] => (Array.isArray(given) ? given : [given]));

/** A value, or `off` for a rule that shall not work here, whatever `defaults` say. */
export const orOff = <S extends z.ZodType>(schema: S) => z.union([z.literal("off"), schema]);

/** A name of a pool, target or group: no blank, slash or control character. */
export const name = () =>
  z
    .string()
    .transform((text, ctx) => {
      const problem = nameProblem(text);
      return problem === null ? text : refuse(ctx, text, problem);
    })
    .meta({ type: "name" });

/** Why a text is no name; null when it is one. */
export function nameProblem(text: string): string | null {
  if (text === "") return "a name must not be empty";
  if (text === "__proto__") return "__proto__ is no name";
  if (/[/\s\p{Cc}\p{Zs}\u2028\u2029]/u.test(text))
    return `${JSON.stringify(text)} is no name (no blank, slash or control character)`;
  return text.length > 100 ? "the name is longer than 100 letters" : null;
}

const RESERVED = ["api", "metrics", "check", "healthz", "readyz"];

/** A name of a group: some are paths of the API already. */
export const groupName = () =>
  name()
    .transform((text, ctx) =>
      RESERVED.includes(text)
        ? refuse(ctx, text, `"${text}" is a path of the API, no name of a group (also taken: ${RESERVED.join(", ")})`)
        : text,
    )
    .meta({ type: "name" });

const UNIX = /^unix:\/\S+$/;

/** Where to listen: `host:port`, `[v6]:port`, and where `sockets` says so `unix:/path`. */
export const listenAddress = (sockets: "sockets" | "no sockets") =>
  z
    .string()
    .transform((text, ctx) => {
      const address = text.trim();
      if (sockets === "sockets" && UNIX.test(address)) return address;
      if (parseHostPort(address) !== null) return address;
      const words = sockets === "sockets" ? "host:port, [v6]:port or unix:/path" : "host:port or [v6]:port";
      return refuse(ctx, text, `"${text}" is no address to listen on (write ${words})`);
    })
    .meta({ type: "address" });

/** An agent port: the number alone, or with the address it is bound to. */
export const agentPort = () =>
  z
    .union([z.number().int().min(1).max(65535), z.string()])
    .transform((given, ctx): { readonly host: string | null; readonly port: number } => {
      if (typeof given === "number") return { host: null, port: given };
      const bound = parseHostPort(given);
      return (
        bound ?? refuse(ctx, given, `"${given}" is no agent port (write 3333, or 127.0.0.1:3333 to bind one address)`)
      );
    })
    .meta({ type: "port" });

/** Peers as CIDR; a bare address stands for itself. */
export const cidr = () =>
  z
    .string()
    .transform((text, ctx) => {
      const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
      const family = isIP(address);
      const most = family === 6 ? 128 : 32;
      const length = bits === undefined ? most : Number(bits);
      if (family !== 0 && length <= most) return `${address}/${length}`;
      return refuse(ctx, text, `"${text}" is no network (write 10.0.0.0/8, fd00::/8 or a single address)`);
    })
    .meta({ type: "network" });

/** A duration or one word with a meaning of its own. */
export const durationOr = (word: string, stands: number) =>
  z
    .union([z.string(), z.number()])
    .transform((given, ctx) => {
      const ms = given === word ? stands : parseDuration(String(given));
      return ms ?? refuse(ctx, given, `"${given}" is no duration (write 500ms, 2s, 1m or ${word})`);
    })
    .meta({ type: `duration or ${word}` });

/** A share between 0 and 1 or a count, told apart by the percent sign. */
export const countOrShare = () =>
  z
    .union([z.number(), z.string()])
    .transform((given, ctx): { readonly count: number } | { readonly share: number } => {
      const [, digits, percent] = /^(\d+(?:\.\d+)?)(\s*%)?$/.exec(String(given).trim()) ?? [];
      const number = Number(digits);
      if (percent !== undefined && number <= 100) return { share: number / 100 };
      if (percent === undefined && Number.isInteger(number)) return { count: number };
      return refuse(ctx, given, `"${given}" is neither a count nor a share (write 2 or 50%)`);
    })
    .meta({ type: "number or share" });
