import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { render } from "./rendering.ts";

const ENV = { HOME: "/root", EMPTY: "", ÄÖ: "größe" };

describe("getenv", () => {
  it.each([
    ['{{getenv "HOME"}}', "/root"],
    ['{{getenv "ÄÖ"}}', "größe"],
    [
      '{{getenv "NONE"}}|{{getenv "NONE" "else"}}|{{getenv "EMPTY" "else"}}|{{getenv "HOME" "else"}}',
      "|else|else|/root",
    ],
    ['{{getenv "constructor"}}{{getenv "__proto__"}}{{getenv "toString" "plain"}}', "plain"],
    ['{{if getenv "NONE"}}set{{else}}not set{{end}}', "not set"],
  ])("%s", (template, expected) => {
    expect(render(template, {}, ENV)).toBe(expected);
  });
});

describe("fileExists", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "checkd-functions-"));
    writeFileSync(join(folder, "da-ß"), "");
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("sees files and folders, and misses what is not there", () => {
    const asked = ["", "/da-ß", "/none"].map((name) => `{{fileExists "${folder}${name}"}}`).join(" ");
    expect(render(asked)).toBe("true true false");
  });

  it("takes what it may not look at as there, as confd does", () => {
    expect(render(`{{fileExists "${folder}/da-ß/below"}} {{fileExists "a\\x00b"}}`)).toBe("true true");
  });
});

describe("functions of confd that are not offered", () => {
  it.each(["cget", "cgetv", "cgets", "cgetvs"])("%s says why", (name) => {
    expect(() => render(`{{${name} "/a"}}`)).toThrowError(
      `template: t:1: function "${name}" not defined (values encrypted with a keyring cannot be read)`,
    );
  });
});
