import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { parseHostPort } from "../../config/options.ts";
import type { AdminSettings } from "../../config/settings.ts";
import { Refusal } from "./refusal.ts";

/** open: everybody; read: everybody on a loopback listener or with `read: public`, else with the token; change: with the token. */
export type Need = "open" | "read" | "change";

/** Whether an address of the configuration is reached from this machine only. */
export function isLoopback(listen: string): boolean {
  const host = parseHostPort(listen)?.host ?? "";
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Null when that is allowed to whoever sends this `Authorization`, else why not. A wrong token is refused even where none is needed. */
export function refusalOf(admin: AdminSettings, need: Need, authorization: string | undefined): Refusal | null {
  if (need === "open") return null;
  const { token, read, listen } = admin;
  const shown = shownToken(authorization, need);
  if (token === null && need === "change")
    return new Refusal(
      403,
      "no_token_configured",
      'changes are off: checkd has no admin token; set admin.token, as "${file:/etc/checkd/admin.token}", and reload',
    );
  const free = need === "read" && (read === "public" || isLoopback(listen));
  if (shown === null) return free ? null : unauthorised("a token is needed: Authorization: Bearer TOKEN");
  if (token === null) return free ? null : unauthorised("there is no token to compare with");
  return sameText(shown, token.reveal()) ? null : unauthorised("this is not the token");
}

/**
 * The token of a request. Reads take it also as the password of Basic, for browsers without script and for scrapers; changes
 * do not, as a browser sends that along with what any other site makes it ask.
 */
function shownToken(authorization: string | undefined, need: Need): string | null {
  const [, scheme = "", value = ""] = /^(\S+) +(\S.*)$/.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return value.trim();
  if (scheme.toLowerCase() !== "basic" || need === "change") return null;
  const pair = Buffer.from(value, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1);
}

const unauthorised = (message: string): Refusal =>
  new Refusal(401, "unauthorized", message, { "www-authenticate": 'Bearer realm="checkd"' });

/** Equal texts, in a time that tells nothing of either; an empty token is nobody's. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other)) && other !== "";
}
