import { parseDuration } from "../../core/duration.ts";
import type { Ms } from "../../core/types.ts";
import { type Fields, fieldsOf, text } from "./fields.ts";
import { DEFAULT_RULES, ResourceError, type Rules, type ShrinkGuard } from "./resource.ts";

const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Milliseconds of `500ms`, `30s`, `1m30s`. */
export function span(given: string, name: string): Ms {
  const parts = [...given.matchAll(PART)].map(([part]) => part);
  if (given !== "0" && (parts.length === 0 || parts.join("") !== given))
    throw new ResourceError(`${name}: "${given}" is no duration (write 500ms, 2s, 1m or 1h)`);
  return parts.reduce((sum, part) => sum + (parseDuration(part) ?? 0), 0);
}

function duration(fields: Fields, name: string): Ms | undefined {
  const given = text(fields, name);
  return given === undefined ? undefined : span(given, name);
}

/** A share such as `80%`. */
export function shareOf(given: unknown): number {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(String(given)) ?? [];
  const share = Number(digits) / 100;
  if (share >= 0 && share <= 1) return share;
  throw new ResourceError(`shrink_guard: ${JSON.stringify(given)} is no share (write 0% to 100%, or "off")`);
}

/** `"off"`, `"80%"` or `{ share = "80%", for = "10m" }`. */
export function readShrinkGuard(given: unknown, otherwise: ShrinkGuard | null): ShrinkGuard | null {
  if (given === undefined) return otherwise;
  if (given === false || given === "off") return null;
  const base = otherwise ?? DEFAULT_RULES.shrinkGuard ?? { share: 1, forMs: 0 };
  if (given === true || given === "on") return base;
  if (typeof given === "string") return { ...base, share: shareOf(given) };
  const fields = fieldsOf(given, "shrink_guard");
  const share = fields.get("share");
  return {
    share: share === undefined ? base.share : shareOf(share),
    forMs: duration(fields, "for") ?? base.forMs,
  };
}

/** `strict` or `any`. */
export function readValues(given: string | undefined, otherwise: Rules["values"]): Rules["values"] {
  if (given === undefined) return otherwise;
  if (given === "strict" || given === "any") return given;
  throw new ResourceError(`values: "${given}" is neither "strict" nor "any"`);
}

/** The socket, when `confirm` asks for it. */
export function readConfirm(
  confirm: string | undefined,
  socket: string | undefined,
  otherwise: string | null,
): string | null {
  if (confirm === undefined) return otherwise;
  if (confirm === "none") return null;
  if (confirm !== "socket") throw new ResourceError(`confirm: "${confirm}" is neither "socket" nor "none"`);
  if (socket !== undefined && socket !== "") return socket;
  throw new ResourceError('confirm = "socket" needs socket, as in socket = "/run/haproxy/admin.sock"');
}

/** The rules of a resource: its own words, else those of who runs it. */
export function readRules(fields: Fields, otherwise: Rules): Rules {
  return {
    values: readValues(text(fields, "values"), otherwise.values),
    shrinkGuard: readShrinkGuard(fields.get("shrink_guard"), otherwise.shrinkGuard),
    checkTimeoutMs: duration(fields, "check_cmd_timeout") ?? otherwise.checkTimeoutMs,
    reloadTimeoutMs: duration(fields, "reload_cmd_timeout") ?? otherwise.reloadTimeoutMs,
    debounceMs: duration(fields, "debounce") ?? otherwise.debounceMs,
    confirmSocket: readConfirm(text(fields, "confirm"), text(fields, "socket"), otherwise.confirmSocket),
  };
}
