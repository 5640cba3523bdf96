import { describe, expect, it } from "vitest";
import { codeOf, endpoint, failed, isOurs, observed, oneLine, quoted, reasonOf } from "../../../checks/lib/reason.ts";
import { OwnFault } from "../../../src/index.ts";

const coded = (code: string, message = "m"): Error => Object.assign(new Error(message), { code });

describe("a reason", () => {
  it.each([
    [coded("ECONNREFUSED"), "connection refused"],
    [coded("EHOSTUNREACH"), "host unreachable"],
    [coded("EMFILE"), "this process has no file descriptor left"],
    [coded("EAI_AGAIN"), "the name server does not answer"],
    [coded("CERT_HAS_EXPIRED"), "TLS: certificate has expired"],
    [
      coded("EPROTO", "write EPROTO 1:error:0A00010B:SSL routines:f:wrong version number:x.c:1:"),
      "TLS: the server does not speak TLS",
    ],
    [
      Object.assign(coded("ERR_SSL_TLSV1_ALERT"), { reason: "alert handshake failure" }),
      "TLS: alert handshake failure",
    ],
    [new Error("what we say", { cause: coded("X", "what it said") }), "what we say: what it said"],
    [new Error("in words", { cause: coded("ECONNRESET") }), "connection reset"],
    [new AggregateError([coded("ENETUNREACH"), coded("ECONNREFUSED")]), "connection refused"],
    [new Error("two\nlines\x07"), "two lines"],
    ["text", "text"],
  ])("is one line of words: %s", (error, words) => {
    expect(reasonOf(error)).toBe(words);
  });

  it("is cut to a length that fits", () => {
    expect(oneLine(`${"x".repeat(300)}`)).toHaveLength(200);
    expect(quoted("a\r\n  b".padEnd(100, "c"), 6)).toBe('"a bcc…"');
  });
});

describe("whose fault it is", () => {
  it.each(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENETUNREACH", "EAI_AGAIN", "ENOMEM"])("%s is ours", (code) => {
    expect(isOurs(new Error("wrapped", { cause: coded(code) }))).toBe(true);
    expect(() => failed(coded(code), "a:1")).toThrow(OwnFault);
  });

  it.each(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH"])("%s is the server's", (code) => {
    expect(isOurs(coded(code))).toBe(false);
    expect(failed(coded(code), "a:1", { n: 1 })).toMatchObject({ outcome: "fail", facts: { n: 1 } });
  });

  it("is ours only when no address of a name was reached", () => {
    expect(isOurs(new AggregateError([coded("ENETUNREACH"), coded("ECONNREFUSED")]))).toBe(false);
    expect(isOurs(new AggregateError([coded("ENETUNREACH"), coded("EADDRNOTAVAIL")]))).toBe(true);
  });

  it("is left to the engine for a name that was not found", () => {
    expect(() => failed(coded("ENOTFOUND"), "a:1")).toThrow(expect.objectContaining({ code: "ENOTFOUND" }));
  });

  it("keeps an OwnFault as it is", () => {
    const fault = new OwnFault("missing grant");
    expect(() => failed(fault, "a:1")).toThrow(fault);
  });
});

it("writes an address as others read it", () => {
  expect([endpoint({ host: "a", port: 1 }), endpoint({ host: "::1", port: 2 })]).toEqual(["a:1", "[::1]:2"]);
});

it("finds no code where there is none", () => {
  expect([codeOf("x"), codeOf(new Error("x")), codeOf(new AggregateError([]))]).toEqual([null, null, null]);
});

it("fills in what an observation does not say", () => {
  expect(observed("warn", "a\nb")).toEqual({ outcome: "warn", reason: "a b", facts: {}, weight: null, claim: null });
});
