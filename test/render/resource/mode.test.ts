import { describe, expect, it } from "vitest";
import { modeText, parseMode, wantedMode } from "../../../src/render/resource/mode.ts";

describe("the mode of a file", () => {
  it.each([
    ["0644", 0o644],
    ["644", 0o204], // decimal, as in confd
    ["0o600", 0o600],
    ["0x1a4", 0o644],
    ["0b110", 0o006],
    ["0_644", 0o644],
    ["04755", 0o755],
    ["0", 0],
    ["0888", null],
    ["0x", null],
    ["06__4", null],
    ["064_", null],
    ["-1", null],
    ["rw-r--r--", null],
    ["99999999999", null],
  ])('"%s" is read as Go reads it', (text, mode) => {
    expect(parseMode(text)).toBe(mode);
  });

  it("is that of the file in place unless the resource says one", () => {
    expect(wantedMode("", 0o600)).toBe(0o600);
    expect(wantedMode("", null)).toBe(0o644);
    expect(wantedMode("0640", 0o600)).toBe(0o640);
    expect(() => wantedMode("abc", null)).toThrow('strconv.ParseUint: parsing "abc": invalid syntax');
  });

  it.each([
    [0o644, "-rw-r--r--"],
    [0o204, "--w----r--"],
    [0o4755, "urwxr-xr-x"],
    [0o1777, "trwxrwxrwx"],
  ])("%o prints as Go prints it", (mode, text) => {
    expect(modeText(mode)).toBe(text);
  });
});
