import { age } from "./reason.ts";
import type { AgentReply, FormatReply, Ms, PoolPolicy, PoolView, Row, Verdict } from "./types.ts";
import { percentFor, toldNote } from "./weight.ts";

const TEXT_BYTES = 90;
const encoder = new TextEncoder();

/** An answer of the HTTP door, with the agent's own line as its text. */
export interface HttpReply {
  readonly status: 200 | 503;
  readonly body: string;
}

/** The agent's line for a row: complete, with one LF, and saying all that it governs, as every effect sticks in HAProxy. */
export const formatReply: FormatReply = (row, policy, now) => {
  if (row === null || policy === null) return silent("unknown target");
  const { verdict } = row;
  if (verdict === null) return silent("no verdict yet");
  const old = staleFor(verdict, now);
  if (old === null) return reply(words(verdict, policy), verdict.reason, "");
  if (verdict.state === "up") return silent(`stale: nothing seen for ${old}`);
  return reply(words(verdict, policy), verdict.reason, ` (${old} old)`);
};

/**
 * 200 or 503 for a row. An HTTP health check cannot be answered with "no change", so where the agent says nothing the former
 * verdict is told: 200 for a stale up and for a target remembered as up, else 503. Weight 0 (drain) is 503.
 */
export function httpReply(row: Row | null, policy: PoolPolicy | null, now: Ms): HttpReply {
  return { status: row !== null && serves(row) ? 200 : 503, body: formatReply(row, policy, now).line };
}

/** 200 while any target of the pool serves, with how many do; 503 without a pool. */
export function httpPoolReply(view: PoolView | null): HttpReply {
  if (view === null) return { status: 503, body: "# unknown pool\n" };
  const rows = [...view.rows.values()].filter((row) => row.target.part !== "reference");
  const serving = rows.filter(serves).length;
  const body = `${serving > 0 ? "up" : "down"} #${serving} of ${rows.length} serve\n`;
  return { status: serving > 0 ? 200 : 503, body };
}

function serves(row: Row): boolean {
  if (row.verdict !== null) return row.verdict.state === "up" && row.verdict.weight > 0;
  const unseen = row.health.every((health) => health.observedAt === null);
  return unseen && row.health.length > 0 && row.health.every((health) => health.state === "up");
}

/** How old a stale verdict is in words, null while it is news; an order needs no probe to stay true. */
function staleFor(verdict: Verdict, now: Ms): string | null {
  if (verdict.order !== null || now <= verdict.staleAt) return null;
  return age(now - verdict.observedAt);
}

function words(verdict: Verdict, policy: PoolPolicy): string {
  const admin = policy.ownsAdmin ? `${verdict.order ?? "ready"} ` : "";
  if (verdict.state === "down") return `${admin}down`;
  return `${admin}up${percent(verdict, policy)}`;
}

function percent(verdict: Verdict, policy: PoolPolicy): string {
  if (policy.haproxyWeight !== null) return ` ${percentFor(verdict.weight, policy.haproxyWeight)}%`;
  if (verdict.weight === 0) return " 0%";
  return verdict.chain.some((step) => step.note === toldNote) ? " 100%" : "";
}

function silent(why: string): AgentReply {
  return { ...line(`# ${why}\n`), changes: false };
}

function reply(said: string, reason: string, suffix: string): AgentReply {
  return { ...line(`${said} #${cut(clean(reason), TEXT_BYTES - suffix.length)}${suffix}\n`), changes: true };
}

function line(text: string): { readonly line: string; readonly bytes: Uint8Array } {
  return { line: text, bytes: encoder.encode(text) };
}

/** Printable words with one blank between them: nearly all reasons. The tables of the classes below cost milliseconds to set up. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, " ").trim() || "no reason given";
}

function cut(text: string, most: number): string {
  // A UTF-16 unit is three bytes at most.
  if (text.length * 3 <= most) return text;
  let bytes = 0;
  let end = 0;
  for (const char of text) {
    bytes += encoder.encode(char).length;
    if (bytes > most) return text.slice(0, end).trimEnd();
    end += char.length;
  }
  return text;
}
