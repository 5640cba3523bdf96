// mysql2 puts one code of its own on everything that goes wrong while TLS is set up: Node's is found by its words.

const CODES: readonly (readonly [words: RegExp, code: string])[] = [
  [/^self.signed certificate$/, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [/^self.signed certificate in certificate chain$/, "SELF_SIGNED_CERT_IN_CHAIN"],
  [/^unable to verify the first certificate$/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [/^unable to get local issuer certificate$/, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
  [/^certificate has expired$/, "CERT_HAS_EXPIRED"],
  [/^certificate is not yet valid$/, "CERT_NOT_YET_VALID"],
  [/^Hostname\/IP does not match/, "ERR_TLS_CERT_ALTNAME_INVALID"],
  [/disconnected before secure|ECONNRESET/, "ECONNRESET"],
];

/** The error with the code that Node gave it; null when it is none of TLS. */
export function tlsFault(error: unknown): Error | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  if (error.code === "HANDSHAKE_NO_SSL_SUPPORT") return new Error("TLS: the server does not speak TLS");
  if (error.code !== "HANDSHAKE_SSL_ERROR") return null;
  const code = CODES.find(([words]) => words.test(error.message))?.[1];
  return code === undefined ? new Error(`TLS: ${error.message}`) : Object.assign(error, { code });
}
