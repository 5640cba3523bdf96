import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "./process.ts";

/** A certificate and its key, as PEM text. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A self-signed certificate for names (`DNS:localhost`, `IP:127.0.0.1`); a negative number of days has expired. */
export function selfSigned(names: readonly string[], days = 30): Certificate {
  const dir = tempDir("cert");
  const run = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  };
  try {
    const extension = `subjectAltName=${names.join(",")}`;
    run("req", ...NEW_KEY, "-keyout", "key.pem", "-out", "csr.pem", "-subj", "/CN=checkd test", "-addext", extension);
    const sign = ["x509", "-req", "-in", "csr.pem", "-signkey", "key.pem", "-copy_extensions", "copy"];
    run(...sign, "-days", String(days), "-out", "cert.pem");
    return { cert: readFileSync(join(dir, "cert.pem"), "utf8"), key: readFileSync(join(dir, "key.pem"), "utf8") };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
