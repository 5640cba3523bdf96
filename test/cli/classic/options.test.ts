import { describe, expect, it } from "vitest";
import { checkTags, onlyTag } from "../../../src/cli/classic/options.ts";
import { firstOf, serversOf, targetsOf } from "../../../src/cli/classic/servers.ts";

describe("tags", () => {
  it("are names of one step in a path, each once", () => {
    expect(checkTags(["slave3301", "a.b-c_d", "slave3301"])).toEqual(["slave3301", "a.b-c_d"]);
    for (const wrong of ["", "a/b", "a b", "a\tb", "a\u0000", "/a"])
      expect(() => checkTags([wrong])).toThrow("is no tag");
  });

  it("of a list of servers is one", () => {
    expect(onlyTag(["mem11211", "mem11211"])).toBe("mem11211");
    expect(() => onlyTag(undefined)).toThrow("--tag is missing");
    expect(() => onlyTag(["a", "b"])).toThrow("one tag");
  });
});

describe("servers", () => {
  it("are host:port each, once", () => {
    const found = serversOf("--server", ["h:1", "[::1]:2", "h:1"], 11211);
    expect(found).toEqual([
      { host: "h", port: 1 },
      { host: "::1", port: 2 },
    ]);
    expect(firstOf(found)).toEqual({ host: "h", port: 1 });
    expect(targetsOf(found)).toEqual({ "1-h-1": "h:1", "2---1-2": "[::1]:2" });
  });

  it("are named in the order of the list, however many there are", () => {
    const texts = Array.from({ length: 12 }, (_, i) => `h:${99 - i}`);
    const names = Object.keys(targetsOf(serversOf("--server", texts, 11211)));
    expect(names.toSorted()).toEqual(names);
    expect([names[0], names[11]]).toEqual(["01-h-99", "12-h-88"]);
    const [long = ""] = Object.keys(targetsOf([{ host: "h".repeat(200), port: 1 }]));
    expect(long).toHaveLength(100);
  });

  it.each([
    [undefined, "--server is missing"],
    [["h"], '"h" is no address'],
    [["h:1", ""], '"" is no address'],
    [["h:70000"], "port 1 to 65535"],
  ])("%j is refused", (texts, says) => expect(() => serversOf("--server", texts, 11211)).toThrow(says));
});
