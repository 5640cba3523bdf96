import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOf } from "../../src/registry/text.ts";
import { toBytes } from "../../src/render/gotemplate/bytes.ts";

describe("text of bytes", () => {
  it("is ordinary text where the bytes are UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(textOf(Buffer.from(text))).toBe(text);
      }),
    );
    expect(textOf(Buffer.from("a\ufffdb"))).toBe("a\ufffdb");
  });

  it("comes back as the same bytes, whatever they are", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: "grapheme" }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const bytes = Buffer.concat(pieces);
        expect(Buffer.from(toBytes(textOf(bytes)), "latin1")).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
