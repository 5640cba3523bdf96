import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { interpolate } from "../../src/config/interpolate.ts";
import { pathWords } from "../../src/config/loading.ts";
import { secretOf } from "../../src/config/secret.ts";

const folder = mkdtempSync(join(tmpdir(), "checkd-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string, mode = 0o600): void => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
};

function fill(value: unknown, env: Record<string, string> = {}) {
  const said: string[] = [];
  const warnings: string[] = [];
  const filled = interpolate(value, {
    folder,
    env,
    problem: (path, problem, hint) => said.push(`${pathWords(path)}: ${problem} (${hint ?? ""})`),
    warn: (path, text) => warnings.push(`${pathWords(path)}: ${text}`),
  });
  return { value: filled.value, said, warnings };
}

describe("a reference", () => {
  it.each([
    ["${env:TOKEN}", "t0ken"],
    ["Bearer ${env:TOKEN}!", "Bearer t0ken!"],
    ["${env:TOKEN}${env:EMPTY}", "t0ken"],
    ["$${env:TOKEN}", "${env:TOKEN}"],
    ["costs $5 {name}", "costs $5 {name}"],
    ["${env:DOLLAR}", "$& ${env:TOKEN}"],
  ])("%s becomes %s", (written, value) => {
    const env = { TOKEN: "t0ken", EMPTY: "", DOLLAR: "$& ${env:TOKEN}" };
    expect(fill({ a: [written] }, env)).toMatchObject({ value: { a: [value] }, said: [] });
  });

  it("reads a file beside the configuration without its last line end", () => {
    put("a.pw", "with blank \r\n");
    expect(fill("${file:a.pw}").value).toBe("with blank ");
    expect(fill(`\${file:${join(folder, "a.pw")}}`).value).toBe("with blank ");
  });

  it("makes a secret that follows no file when two hold the same value: which of them it is cannot be told", async () => {
    put("one.pw", "same");
    put("two.pw", "same");
    fill(["${file:one.pw}", "${file:two.pw}"]);
    const either = secretOf("same");
    fill(["${file:one.pw}", "${file:one.pw}"]);
    const one = secretOf("same");
    put("two.pw", "another, of the second\n");
    put("one.pw", "another, of the first\n");
    await expect.poll(() => one.reveal(), { timeout: 10_000 }).toBe("another, of the first");
    expect(either.reveal()).toBe("same");
  });

  it("makes a secret that follows its file", async () => {
    put("follow.pw", "first\n");
    const { value } = fill("${file:follow.pw}");
    const secret = secretOf(String(value));
    expect(secret.reveal()).toBe("first");
    put("follow.pw", "second, longer\n");
    await expect.poll(() => secret.reveal(), { timeout: 10_000 }).toBe("second, longer");
  });

  it("reads a credential of systemd", () => {
    put("db", "pw");
    expect(fill("${credential:db}", { CREDENTIALS_DIRECTORY: folder })).toMatchObject({ value: "pw", said: [] });
    expect(fill("${credential:../db}", { CREDENTIALS_DIRECTORY: folder }).said[0]).toContain(
      '"../db" is no name of a credential',
    );
  });

  it("takes a password of db.conf", () => {
    put("db.conf", "[s1]\nhost = h\nport = 1\nuser = u\npassword = a#b;c\n[s2]\nhost = h\nport = x\nuser = u\n");
    expect(fill("${dbconf:db.conf#s1}").value).toBe("a#b;c");
    expect(fill("${dbconf:db.conf#s3}").said).toEqual([': db.conf has no section [s3] (did you mean "s1"?)']);
    expect(fill("${dbconf:db.conf#s2}").said[0]).toContain('db.conf:8:1: s2.port: "x" is no port');
    expect(fill("${dbconf:db.conf}").said[0]).toContain("names no section");
  });

  it("that cannot be filled in stays as written and is reported with its path", () => {
    const { value, said } = fill({ a: { b: "${env:NO}" }, c: ["${file:no}", "${file:.}", "${env:}", "${x}"] });
    expect(value).toMatchObject({ a: { b: "${env:NO}" } });
    expect(said).toEqual([
      "a.b: environment variable NO is not set ()",
      "c[0]: cannot read no: no such file ()",
      "c[1]: cannot read .: it is a folder ()",
      "c[2]: ${env:} names nothing (write ${env:NAME}, ${file:PATH} or ${credential:NAME}; $${ for a plain ${)",
      "c[3]: unknown reference ${x} (write ${env:NAME}, ${file:PATH} or ${credential:NAME}; $${ for a plain ${)",
    ]);
  });

  it("to a file that everybody can read is a warning", () => {
    put("open.pw", "x", 0o644);
    put("group.pw", "x", 0o640);
    expect(fill(["${file:open.pw}", "${file:group.pw}"]).warnings).toEqual([
      "[0]: open.pw can be read by everybody on this host (chmod o-r open.pw)",
    ]);
  });

  it("leaves everything that is no text alone", () => {
    const value = { a: 1, b: true, c: null, d: [] };
    expect(fill(value)).toMatchObject({ value, said: [] });
  });

  it("does not fill a key in, and refuses one that is no name", () => {
    const { value, said } = fill(JSON.parse('{ "${env:X}": 1, "__proto__": { "x": 1 } }'));
    expect(Object.keys(value as object)).toEqual(["${env:X}"]);
    expect(said).toEqual(["__proto__: is no name (choose another one)"]);
  });
});
