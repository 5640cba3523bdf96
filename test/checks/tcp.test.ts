import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { tcp } from "../../checks/tcp.ts";
import type { Observation } from "../../src/index.ts";
import { question, targetAt, testEnv } from "../contract/checker-bench.ts";
import { type Certificate, selfSigned } from "../servers/certificates.ts";
import { type Fake, fake } from "../servers/misbehaving.ts";
import { until } from "../servers/process.ts";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean();
});

async function server(serve: (socket: Socket) => void, tls?: Certificate): Promise<Fake> {
  const started = await fake(serve, tls);
  cleanUp.push(() => started.close());
  return started;
}

async function seen(
  at: { readonly host: string; readonly port: number },
  options: Readonly<Record<string, unknown>>,
  ms = 10_000,
): Promise<Observation> {
  const check = tcp.create(tcp.options.parse(options), testEnv());
  return (
    await question(
      check.open(targetAt(at), () => {}),
      ms,
    )
  ).seen;
}

/** Greets, then answers each line. */
const mail = (socket: Socket): void => {
  socket.write("220 mail.example ESMTP\r\n");
  socket.on("data", (line) => socket.write(line.toString() === "QUIT\r\n" ? "221 bye\r\n" : "500 what?\r\n"));
};

describe("the dialogue", () => {
  it.each([
    [{}, "pass", "connected"],
    [{ banner: true }, "pass", 'got "220 mail.example ESMTP"'],
    [{ banner: "220" }, "pass", 'got "220 mail.example ESMTP"'],
    [{ banner: "220", send: "QUIT\r\n", expect: "221" }, "pass", 'got "221 bye"'],
    [{ banner: "220", send_hex: "51 55 49 54 0d0a", expect_hex: "32 32 31" }, "pass", 'got "221 bye"'],
    [{ expect: "220" }, "pass", 'got "220 mail.example ESMTP"'],
    [{ matches: "^220 \\S+ E?SMTP" }, "pass", 'got "220 mail.example ESMTP"'],
    [{ banner: "220", send: "QUIT\r\n", matches: "^2\\d\\d bye" }, "pass", 'got "221 bye"'],
  ] as const)("%j: %s", async (options, outcome, reason) => {
    expect(await seen(await server(mail), options)).toMatchObject({ outcome, reason });
  });

  it.each([
    [{ banner: "554" }, /^answer not complete after 24 bytes: no answer in time$/],
    [{ banner: "220", send: "HELO\r\n", expect: "250" }, /^answer not complete after 11 bytes/],
  ] as const)("waits until the deadline for what may yet come: %j", async (options, reason) => {
    expect(await seen(await server(mail), options, 60)).toMatchObject({
      outcome: "fail",
      reason: expect.stringMatching(reason),
    });
  });

  it("compares a text that is split over packets", async () => {
    const at = await server((socket) => {
      socket.write("+PO");
      setTimeout(() => socket.write("NG\r\n"), 20);
    });
    expect(await seen(at, { expect: "+PONG" })).toMatchObject({
      outcome: "pass",
      facts: { bytes: 7, banner: "+PONG" },
    });
  });

  it("names all that is missing when the server ends", async () => {
    const at = await server((socket) => socket.end("200 hello\n"));
    expect(await seen(at, { expect: "hello", matches: "^1", expect_hex: "ff" })).toMatchObject({
      outcome: "fail",
      reason: 'expected bytes ff and /^1/, got "200 hello", closed after 10 bytes',
      facts: { bytes: 10, banner: "200 hello" },
    });
  });

  it("says that the greeting did not come", async () => {
    const at = await server((socket) => socket.end());
    expect(await seen(at, { banner: true, send: "x", expect: "y" })).toMatchObject({
      outcome: "fail",
      reason: "expected a greeting, closed after 0 bytes",
    });
  });

  it("gives up at max_answer", async () => {
    const at = await server((socket) => socket.write("x".repeat(2000)));
    expect(await seen(at, { expect: "y", max_answer: "1kb" })).toMatchObject({
      outcome: "fail",
      reason: expect.stringMatching(/^expected "y", got "x+…", more than 1024 bytes came$/),
    });
  });

  it("fills in what is sent and expected", async () => {
    const got: string[] = [];
    const at = await server((socket) =>
      socket.on("data", (chunk) => socket.write(`hi ${got.push(String(chunk))} app1`)),
    );
    expect(await seen(at, { send: "I want {name}:{port} {other}", expect: "{name}" })).toMatchObject({
      outcome: "pass",
    });
    expect(got).toEqual([`I want app1:${at.port} {other}`]);
  });

  it("ends a good connection politely, with all it sent", async () => {
    let said = "";
    let ended = false;
    const at = await server((socket) => {
      socket.on("data", (chunk) => {
        said += chunk;
      });
      socket.on("end", () => {
        ended = true;
      });
    });
    expect(await seen(at, { send: "bye\n" })).toMatchObject({ outcome: "pass", facts: { bytes: 0, banner: null } });
    await until("the end of the connection", () => ended);
    expect(said).toBe("bye\n");
  });
});

describe("TLS", () => {
  const certificate = selfSigned(["DNS:ldap.example", "IP:127.0.0.1"]);
  it.each([
    ["its address", {}, "pass"],
    ["the name that is asked for", { servername: "ldap.example" }, "pass"],
    ["another address", { servername: "127.0.0.2" }, "fail"],
    ["another name", { servername: "other.example" }, "fail"],
    ["nothing, as nobody verifies", { servername: "other.example", ca: undefined, verify: false }, "pass"],
  ] as const)("compares the certificate with %s", async (_, tls, outcome) => {
    const at = await server(mail, certificate);
    expect(await seen(at, { tls: { ca: certificate.cert, ...tls }, banner: "220" })).toMatchObject({ outcome });
  });
});

it("says of its own missing files that they are our own fault", async () => {
  const at = await server(mail);
  expect(await seen(at, { tls: { ca: "/nonexistent" } })).toMatchObject({
    outcome: "unknown",
    reason: "tls.ca cannot be read: ENOENT",
  });
});

describe("bad options", () => {
  it.each([
    [{ send: "a", send_hex: "00" }, "give either send or send_hex"],
    [{ send_hex: "0" }, "write bytes in hexadecimal"],
    [{ expect_hex: "xx" }, "write bytes in hexadecimal"],
    [{ matches: "a**b(" }, "is no RE2 pattern"],
    [{ banner: false }, "banner"],
    [{ tls: false }, "tls"],
    [{ tls: { cipher: "x" } }, "cipher"],
    [{ max_answer: "-1" }, "is no size"],
    [{ expect: "" }, "expect"],
  ])("%j", (options, words) => {
    expect(JSON.stringify(tcp.options.safeParse(options).error?.issues ?? [])).toContain(words);
  });
});
