import { describe, expect, it } from "vitest";
import { connectLine, okLine, setLine, stamped } from "../../../src/cli/classic/lines.ts";

const at = { host: "10.0.21.5", port: 3301 };

describe("the lines of the old tools", () => {
  it("say local time without a zone, in one line whatever the text holds", () => {
    expect(stamped(new Date(2017, 9, 6, 6, 3, 9), "a\nb\tc")).toBe("[2017-10-06T06:03:09] a b c");
  });

  it("are word for word what logs are searched for", () => {
    expect(connectLine(at, "monitor")).toBe("connect to 10.0.21.5, 3301, monitor, xxxxxxxx ...");
    expect(connectLine(at, null)).toBe("connect to 10.0.21.5, 3301 ...");
    expect(okLine("slave3301")).toBe("slave3301 in consul is ok");
    expect(setLine("slave3301", at)).toBe("set new 10.0.21.5:3301 to consul slave3301 ok");
  });
});
