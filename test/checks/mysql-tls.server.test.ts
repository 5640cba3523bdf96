// TLS towards a MariaDB that has a certificate of ours.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mysqlPrimary } from "../../checks/mysql-primary.ts";
import { type Certificate, selfSigned } from "../servers/certificates.ts";
import { type DatabaseServer, MONITOR, startMariadb } from "../servers/mariadb.ts";
import { tempDir, until } from "../servers/process.ts";
import { asking, targetAt } from "./mysql-asking.ts";

let server: DatabaseServer;
let own: Certificate;
let stranger: Certificate;
const dir = tempDir("mysql-tls");

beforeAll(async () => {
  own = selfSigned(["IP:127.0.0.1", "DNS:db.example"]);
  stranger = selfSigned(["IP:127.0.0.1"]);
  writeFileSync(join(dir, "cert.pem"), own.cert);
  writeFileSync(join(dir, "key.pem"), own.key);
  server = await startMariadb([`--ssl-cert=${join(dir, "cert.pem")}`, `--ssl-key=${join(dir, "key.pem")}`]);
  await server.sql("ALTER USER monitor@'%' REQUIRE SSL");
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const open = (tls: object | true | undefined, host = "127.0.0.1") =>
  asking(mysqlPrimary, tls === undefined ? MONITOR : { ...MONITOR, tls }, targetAt(server.port, "member", host));

it.each([
  ["an address in the certificate", "127.0.0.1", {}],
  ["a name in the certificate given by servername", "127.0.0.1", { servername: "db.example" }],
  ["no verification", "localhost", { verify: false }],
])("is asked with %s, the certificate's path or its text", async (_what, host, tls) => {
  for (const ca of [join(dir, "cert.pem"), own.cert]) {
    const asked = open({ ca, ...tls }, host);
    await asked.see({ outcome: "pass" });
    await asked.close();
  }
});

it.each([
  ["another authority", () => ({ ca: stranger.cert }), "127.0.0.1", "fail", /: TLS: self-signed certificate$/],
  [
    "another name",
    () => ({ ca: own.cert }),
    "localhost",
    "fail",
    /: TLS: the certificate is not for localhost, but for /,
  ],
  [
    "another servername",
    () => ({ ca: own.cert, servername: "db.elsewhere" }),
    "127.0.0.1",
    "fail",
    /: TLS: the certificate is not for db\.elsewhere, but for /,
  ],
  [
    "a file that cannot be read",
    () => ({ ca: join(dir, "nothing.pem") }),
    "127.0.0.1",
    "unknown",
    /^tls\.ca cannot be read/,
  ],
] as const)("is refused with %s", async (_what, tls, host, outcome, reason) => {
  const asked = open(tls(), host);
  expect(await asked.ask()).toMatchObject({ outcome, reason: expect.stringMatching(reason) });
  await asked.close();
});

it("is unknown without TLS where the account wants it", async () => {
  const asked = open(undefined);
  expect(await asked.ask()).toMatchObject({ outcome: "unknown", reason: expect.stringMatching(/^1045 /) });
  await asked.close();
});

it("fails with TLS where the server has none", async () => {
  const plain = await startMariadb(["--skip-ssl"], 2);
  const asked = asking(mysqlPrimary, { ...MONITOR, tls: true }, targetAt(plain.port));
  expect(await asked.ask()).toMatchObject({
    outcome: "fail",
    reason: `127.0.0.1:${plain.port}: TLS: the server does not speak TLS`,
  });
  await asked.close();
  await plain.stop();
});

it("hints over TLS too, and fails while the server is away", async () => {
  const asked = open({ ca: own.cert });
  await asked.see({ outcome: "pass" });
  server.signal("SIGKILL");
  await until("the hint", () => asked.hints.length > 0, 5000, 1);
  await asked.see({ outcome: "fail", reason: /connection refused/ });
  await server.restart();
  await asked.see({ outcome: "pass" });
  server.signal("SIGSTOP");
  expect(await asked.ask(300)).toMatchObject({
    outcome: "fail",
    reason: expect.stringContaining("connected, but no answer"),
  });
  server.signal("SIGCONT");
  await asked.close();
});
