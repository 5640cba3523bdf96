import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tlsClient, tlsSchema, tlsSwitch } from "../../../checks/lib/tls.ts";

const dir = mkdtempSync(join(tmpdir(), "checkd-tls-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

describe("TLS options", () => {
  it("verify by default and ask for the host's name", () => {
    expect(tlsClient(tlsSchema().parse({}))("db.example")).toEqual({
      servername: "db.example",
      rejectUnauthorized: true,
    });
  });

  it("send no address as a name (SNI has names only)", () => {
    const options = tlsClient(tlsSchema().parse({}))("10.0.0.1");
    expect(options.servername).toBeUndefined();
    expect(options.checkServerIdentity).toBeTypeOf("function");
  });

  it("take material as text or as a file, and read a changed file again", () => {
    const file = join(dir, "ca.pem");
    writeFileSync(file, pem("one"));
    const client = tlsClient(tlsSchema().parse({ ca: file, cert: pem("cert"), key: pem("key") }));
    expect(client("a")).toMatchObject({ ca: pem("one"), cert: pem("cert"), key: pem("key") });
    writeFileSync(file, pem("the second one"));
    expect(client("a")).toMatchObject({ ca: pem("the second one") });
  });

  it("never repeat what was given for a key", () => {
    const client = tlsClient(tlsSchema().parse({ cert: pem("cert"), key: "hunter2" }));
    expect(() => client("a")).toThrow("tls.key cannot be read");
    expect(() => client("a")).not.toThrow(/hunter2/);
    expect(JSON.stringify(tlsSchema().parse({ cert: "a", key: "hunter2" }))).not.toContain("hunter2");
  });

  it("are switched on by true", () => {
    expect(tlsSwitch().parse(true)).toEqual({ verify: true });
    expect(tlsSwitch().safeParse(false).success).toBe(false);
    expect(tlsSchema().safeParse({ cert: "x" }).success).toBe(false);
  });
});
