import { describeError, type Facts, type Observation, OwnFault } from "../../src/index.ts";

/** Failures of this host or process: they say nothing about the server that was asked. */
const OURS: Readonly<Record<string, string>> = {
  EMFILE: "this process has no file descriptor left",
  ENFILE: "this host has no file descriptor left",
  ENOMEM: "this host has no memory left",
  ENOBUFS: "this host has no socket buffer left",
  EADDRNOTAVAIL: "this host has no free local port or address",
  ENETUNREACH: "this host has no route to that network",
  ENETDOWN: "the network of this host is down",
  EACCES: "this host does not permit the connection",
  EPERM: "this host does not permit the connection",
  EAI_AGAIN: "the name server does not answer",
  EAI_FAIL: "the name server fails",
  EAI_MEMORY: "this host has no memory left",
  EAI_SYSTEM: "the resolver of this host fails",
};

const THEIRS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection closed while we wrote",
  ETIMEDOUT: "connection timed out",
  EHOSTUNREACH: "host unreachable",
  EHOSTDOWN: "host down",
  ENOTFOUND: "name not found",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TLS: self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS: self-signed certificate in the chain",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS: certificate of an authority that is not in ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS: certificate of an authority that is not in ca",
  CERT_HAS_EXPIRED: "TLS: certificate has expired",
  CERT_NOT_YET_VALID: "TLS: certificate is not yet valid",
};

const LONGEST = 200;

/** `host:port`, or `[v6]:port`. */
export const endpoint = (at: { readonly host: string; readonly port: number }): string =>
  at.host.includes(":") ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;

/** One line without control characters, cut to a length fit for a reason. */
export function oneLine(text: string, longest = LONGEST): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).trimEnd()}…`;
}

/** Text from a server in quotes, short and on one line. */
export const quoted = (text: string, longest = 40): string => `"${oneLine(text.slice(0, 4 * longest), longest)}"`;

/**
 * The `code` of an error or of its cause. Where all addresses of a name failed it is the one of an address that was
 * reached, as only that one tells of the server.
 */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof AggregateError && error.errors.length > 0) {
    const codes = error.errors.map(codeOf);
    return codes.find((code) => !((code ?? "") in OURS)) ?? codes[0] ?? null;
  }
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? null : codeOf(error.cause);
}

/** Whether a failure is one of this host or process: `unknown`, not `fail`. */
export const isOurs = (error: unknown): boolean => error instanceof OwnFault || (codeOf(error) ?? "") in OURS;

/** What went wrong in one line for an operator: words for the common codes, else the error's own. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error) ?? "";
  return OURS[code] ?? THEIRS[code] ?? tlsReason(error, code) ?? oneLine(describeError(error));
}

const NO_TLS = /wrong version number|packet length too long|http request/;

function tlsReason(error: unknown, code: string): string | null {
  if (!(error instanceof Error)) return null;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return namesReason(error);
  if (code !== "EPROTO" && !code.startsWith("ERR_SSL_")) return null;
  if (NO_TLS.test(error.message)) return "TLS: the server does not speak TLS";
  return "reason" in error && typeof error.reason === "string" ? `TLS: ${error.reason}` : null;
}

function namesReason(error: Error): string {
  const host = "host" in error ? String(error.host) : "that name";
  const cert = "cert" in error && typeof error.cert === "object" ? error.cert : null;
  const names = cert !== null && "subjectaltname" in cert ? String(cert.subjectaltname) : "no names";
  return oneLine(`TLS: the certificate is not for ${host}, but for ${names}`);
}

/** An observation; what it does not say is null. */
export const observed = (
  outcome: Observation["outcome"],
  reason: string,
  facts: Facts = {},
  weight: number | null = null,
): Observation => ({ outcome, reason: oneLine(reason), facts, weight, claim: null });

/**
 * A `fail` with the error's reason. Throws OwnFault when the failure is our own, and a name that was not found as it
 * is: the engine knows whether it was found before.
 */
export function failed(error: unknown, peer: string, facts: Facts = {}): Observation {
  if (error instanceof OwnFault) throw error;
  const reason = `${peer}: ${reasonOf(error)}`;
  if (isOurs(error)) throw new OwnFault(reason, { cause: error });
  const code = codeOf(error);
  if (code === "ENOTFOUND") throw Object.assign(new Error(reason, { cause: error }), { code });
  return observed("fail", reason, facts);
}
