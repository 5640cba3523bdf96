import type { Answer } from "./client.ts";

/** Revision, freshness, and whether the index went back, from Consul's headers. An index that went back or is missing starts anew from "0". */
export function readIndex(
  answer: Answer,
  after: string | null,
): { readonly revision: string; readonly fresh: boolean; readonly wentBack: boolean } {
  const index = Number(answer.headers["x-consul-index"] ?? 0);
  const wentBack = after !== null && index < Number(after);
  return {
    revision: wentBack || !(index > 0) ? "0" : String(index),
    wentBack,
    fresh: answer.headers["x-consul-knownleader"] !== "false",
  };
}
