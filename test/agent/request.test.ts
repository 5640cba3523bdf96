import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedOf, REQUEST_BYTES, readName, readRequest, shown } from "../../agent/request.ts";

const app1 = askedOf("p80", "app1");

describe("readRequest", () => {
  it.each([
    ["p80/app1\n", "one line"],
    ["p80/app1\r\n", "CR and LF"],
    ["p80/app1\r", "CR alone"],
    ["  p80/app1\t\n", "blanks around"],
    ["p80/app1\nGET / HTTP/1.1\n", "only the first line"],
    ["p80/app1\n\n\n", "more line ends"],
    ["p80/app1\\n", "a line end that HAProxy's command line wrote as two characters"],
    ["p80/app1\\n\n", "both"],
  ])("takes %j: %s", (text) => {
    expect(readRequest(text, false)).toEqual({ kind: "asked", asked: app1 });
    expect(readRequest(text, true)).toEqual({ kind: "asked", asked: app1 });
  });

  it("leaves a name without its end open, and takes it when the peer paused", () => {
    expect(readRequest("p80/app1", false)).toEqual({ kind: "open", asked: app1 });
    expect(readRequest("p80/app1", true)).toEqual({ kind: "asked", asked: app1 });
  });

  it.each(["", "p", "p80", "p80/"])("waits for the rest of %j", (text) => {
    expect(readRequest(text, false)).toEqual({ kind: "open", asked: null });
  });

  it.each([
    ["", "empty"],
    ["\n", "empty"],
    ["\r\n", "empty"],
    ["p80\n", "not pool/target"],
    ["/\n", "not pool/target"],
    ["p80/\n", "not pool/target"],
    ["/app1\n", "not pool/target"],
    ["p80/app1/x\n", "not pool/target"],
    ["p80/app 1\n", "not pool/target"],
    ["p80/app1\0\n", "not pool/target"],
    ["p80/\u0007app1\n", "not pool/target"],
    ["GET /check/p80/app1 HTTP/1.1\r\n", "not pool/target"],
    ["PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", "not pool/target"],
    ["\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\n", "not pool/target"],
    [`p80/${"x".repeat(REQUEST_BYTES)}\n`, `longer than ${REQUEST_BYTES} characters`],
  ])("refuses %j", (text, why) => {
    expect(readRequest(text, true)).toEqual({ kind: "refused", why });
  });

  it("does not wait for the end of a line that is already too long", () => {
    expect(readRequest("x".repeat(REQUEST_BYTES + 1), false)).toMatchObject({ kind: "refused" });
  });

  it("never throws, and never leaves an ended request open", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), fc.boolean(), (text, ended) => {
        const request = readRequest(text, ended);
        if (ended) expect(request.kind).not.toBe("open");
      }),
    );
  });

  it("reads every pool and target that has no blank, slash or control character", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9._:@-]{1,60}$/);
    fc.assert(
      fc.property(name, name, (pool, target) => {
        expect(readRequest(`${pool}/${target}\n`, false)).toEqual({ kind: "asked", asked: askedOf(pool, target) });
      }),
    );
  });
});

describe("readName", () => {
  it.each([
    ["p/t", { pool: "p", target: "t", id: "p/t" }],
    ["p", null],
    ["p/t/u", null],
    ["p/ t", null],
    ["", null],
  ])("reads %j", (text, expected) => {
    expect(readName(text)).toEqual(expected);
  });
});

describe("shown", () => {
  it("keeps a log line to short printable text", () => {
    expect(shown("p80/\x1b[31mred\r\nforged line")).toBe("p80/?[31mred?forged line");
    expect(shown("x".repeat(500))).toHaveLength(80);
  });
});
