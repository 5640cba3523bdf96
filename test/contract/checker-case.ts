import type { Socket } from "node:net";
import type { Behaviour, Fake, Speech, TlsBehaviour } from "../servers/misbehaving.ts";

/** Outcome and reason that must be seen, and when: the reason is what an operator reads. */
export type Expectation = readonly [
  outcome: "pass" | "warn" | "fail" | "unknown",
  reason: RegExp,
  when: "at once" | "at the deadline",
];

/** How one checker is put to the test. */
export interface CheckerCase {
  /** Valid options that expect something of any target. */
  readonly options: Readonly<Record<string, unknown>>;
  /** A server that passes; a fake one that speaks enough of the protocol will do. */
  readonly healthy: () => Promise<Fake>;
  /** What the dripping, endless and foreign servers say. */
  readonly speech: Speech;
  readonly expected: Readonly<Record<Behaviour, Expectation>>;
  /** null: it speaks no TLS. */
  readonly tls: TlsCase | null;
  /** The deadline for servers that are expected to use it up; all others have ten seconds. */
  readonly timeoutMs: number;
}

/** How a checker is put to the test over TLS. */
export interface TlsCase {
  /** Options that speak TLS; `ca` trusts the server's certificate where the test wants that. */
  readonly options: (ca: string | null) => Readonly<Record<string, unknown>>;
  /** What the server does once TLS is up. */
  readonly serve: (socket: Socket) => void;
  readonly expected: Readonly<Record<TlsBehaviour, Expectation>>;
}

/** What most checkers say of TLS that goes wrong. */
export const tlsExpected: TlsCase["expected"] = {
  "self-signed": ["fail", /TLS: self-signed certificate/, "at once"],
  expired: ["fail", /TLS: certificate has expired/, "at once"],
  "wrong name": ["fail", /TLS: the certificate is not for 127\.0\.0\.1, but for DNS:other\.example/, "at once"],
  "plain behind TLS": ["fail", /TLS: the server does not speak TLS/, "at once"],
  "handshake stalls": ["fail", /connected, but no TLS handshake/, "at the deadline"],
};
