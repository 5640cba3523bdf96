import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rigOf } from "./rig.ts";

const EVIL = "10.0.0.1:80\nlisten evil\n  bind :22";
const toml = (more = "") =>
  `[template]\nsrc = "t"\ndest = "{dir}/haproxy.cfg"\nkeys = ["/app"]\ncheck_cmd = "true haproxy -c"\n${more}\n`;
const rigWith = (more: string, value: string, template = '{{range gets "/app/*"}}server {{.Value}}\n{{end}}') =>
  rigOf({ "conf.d/a.toml": toml(more), "templates/t": template }, { "/app/good": "10.0.0.2:80", "/app/x": value });
const read = (dir: string): string => readFileSync(join(dir, "haproxy.cfg"), "utf8");

describe('values = "strict"', () => {
  it.each([
    ["a new line", EVIL],
    ["NUL", "a\u0000b"],
    ["an escape inside JSON", '{"host":"a\\nlisten evil"}'],
  ])("stops the render at a value with %s", async (_, value) => {
    const rig = rigWith('values = "strict"', "10.0.0.1:80");
    await rig.round();
    const before = read(rig.dir);
    rig.keys = { ...rig.keys, "/app/x": value };
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
    expect(rig.log.at(-1)).toBe("ERROR the value of /app/x has control characters");
    expect(rig.log.join("\n")).not.toContain("evil");
    expect(read(rig.dir)).toBe(before);
  });

  it("stops it at bytes that are no UTF-8", async () => {
    const rig = rigWith('values = "strict"', "gr\udcf6\udcdfe");
    await rig.round();
    expect(rig.log.at(-1)).toBe("ERROR the value of /app/x is no UTF-8");
    rig.keys = { "/app/\udcff": "1" };
    await rig.round();
    expect(rig.log.at(-1)).toBe("ERROR the key /app/\\udcff is no UTF-8");
    rig.keys = { "/app/x": "\ud83d\udc80" };
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
  });

  it("stops it at such a key", async () => {
    const rig = rigWith('values = "strict"', "1");
    rig.keys = { "/app/a\nb": "1" };
    await rig.round();
    expect(rig.log.at(-1)).toBe("ERROR the key /app/a\\nb has control characters");
  });
});

describe("[template.schema]", () => {
  const schema = '[template.schema]\n"/app/*" = "host:port"\n"/app/deep/*" = "int"';

  it("stops the render at a value that does not fit, which is not shown", async () => {
    const rig = rigWith(schema, "10.0.0.1:80");
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    rig.keys = { ...rig.keys, "/app/x": "10.0.0.1:80 check # secret" };
    await rig.round();
    expect(rig.log.at(-1)).toBe('ERROR the value of /app/x is no host:port (schema "/app/*")');
    expect(read(rig.dir)).toBe("server 10.0.0.2:80\nserver 10.0.0.1:80\n");
  });

  it("looks at keys as the template sees them", async () => {
    const rig = rigOf(
      { "conf.d/a.toml": `${toml('prefix = "/prod"')}${schema}`, "templates/t": "x" },
      { "/prod/app/deep/n": "not a number" },
    );
    await rig.round();
    expect(rig.log.at(-1)).toContain("the value of /app/deep/n is no int");
  });
});

describe("without either, as confd directories are", () => {
  it("a value with control characters lands in the file, with one warning", async () => {
    const rig = rigWith("", EVIL);
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig.dir)).toContain("listen evil");
    const warnings = () => rig.log.filter((line) => line.startsWith("WARNING"));
    expect(warnings()).toEqual([expect.stringContaining("the value of /app/x has control characters")]);
    rig.keys = { ...rig.keys, "/app/y": "1" };
    await rig.round();
    expect(warnings()).toEqual([]);
  });

  it("nothing is said when it does not get into the file, or the file is not HAProxy's", async () => {
    const hidden = rigWith("", EVIL, "nothing");
    const other = rigOf(
      { "conf.d/a.toml": toml().replace("haproxy -c", ""), "templates/t": '{{getv "/app/x"}}' },
      { "/app/x": EVIL },
    );
    for (const rig of [hidden, other]) {
      await rig.round();
      expect(rig.log.filter((line) => line.startsWith("WARNING"))).toEqual([]);
    }
  });
});
