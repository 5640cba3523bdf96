import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { consulOptions } from "../../../src/cli/classic/consul-access.ts";
import { consul } from "../../../src/registry/consul.ts";
import { tempDir } from "../../servers/process.ts";

const dir = tempDir("consul-access");
const file = join(dir, "file");
writeFileSync(file, "secret\n");
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("how Consul is reached", () => {
  it.each([
    ["nothing said", {}, {}, { address: "http://localhost:8500" }],
    ["a host", { consul: "consul.example" }, {}, { address: "http://consul.example:8500" }],
    ["host and port", { consul: "10.0.0.1:80" }, {}, { address: "http://10.0.0.1" }],
    ["an IPv6 address", { consul: "[::1]:8500" }, {}, { address: "http://[::1]:8500" }],
    ["a URL", { consul: "http://c:8500/" }, {}, { address: "http://c:8500" }],
    ["the variable", {}, { CONSUL_HTTP_ADDR: "c:1" }, { address: "http://c:1" }],
    ["the flag before the variable", { consul: "a:1" }, { CONSUL_HTTP_ADDR: "c:1" }, { address: "http://a:1" }],
    ["an empty variable", {}, { CONSUL_HTTP_ADDR: "" }, { address: "http://localhost:8500" }],
    ["TLS by URL", { consul: "https://c:8501" }, {}, { address: "https://c:8501", tls: { verify: true } }],
    [
      "TLS by variable",
      { consul: "c:8501" },
      { CONSUL_HTTP_SSL: "TRUE" },
      { address: "https://c:8501", tls: { verify: true } },
    ],
    [
      "no check of the certificate",
      { consul: "https://c:1" },
      { CONSUL_HTTP_SSL_VERIFY: "0" },
      { address: "https://c:1", tls: { verify: false } },
    ],
    [
      "certificates",
      { consul: "https://c:1" },
      { CONSUL_CACERT: file, CONSUL_CLIENT_CERT: file, CONSUL_CLIENT_KEY: file },
      { address: "https://c:1", tls: { ca: file, cert: file, key: file, verify: true } },
    ],
    ["certificates that plain HTTP needs not", {}, { CONSUL_CACERT: "/nowhere" }, { address: "http://localhost:8500" }],
    ["a token", { token: "t" }, { CONSUL_HTTP_TOKEN: "u" }, { address: "http://localhost:8500", token: "t" }],
    ["a token by variable", {}, { CONSUL_HTTP_TOKEN: "u" }, { address: "http://localhost:8500", token: "u" }],
    [
      "a token file before the variable",
      {},
      { CONSUL_HTTP_TOKEN: "u", CONSUL_HTTP_TOKEN_FILE: file },
      { address: "http://localhost:8500", token: `\${file:${file}}` },
    ],
    [
      "a token that looks like a reference",
      { token: "${x}" },
      {},
      { address: "http://localhost:8500", token: "$${x}" },
    ],
    [
      "basic authentication",
      {},
      { CONSUL_HTTP_AUTH: "me:a:b" },
      { address: "http://localhost:8500", username: "me", password: "a:b" },
    ],
  ])("%s", (_, flags, env, options) => {
    const found = consulOptions(flags, env);
    expect(found).toEqual({ driver: "consul", ...options });
    const { driver: _driver, ...rest } = found;
    expect(consul.options.safeParse(rest).success).toBe(true);
  });

  it.each([
    [{ consul: "" }, {}, '--consul: "" is no address of Consul'],
    [{ consul: "a b" }, {}, '--consul: "a b" is no address'],
    [{ consul: "ftp://c:1" }, {}, "is no address"],
    [{ consul: "unix:///run/consul" }, {}, "is no address"],
    [{ consul: "c:0" }, {}, "is no address"],
    [{ consul: "c:99999" }, {}, "is no address"],
    [{ consul: "c:8500/ui" }, {}, "is no address"],
    [{}, { CONSUL_HTTP_ADDR: "c:x" }, 'CONSUL_HTTP_ADDR: "c:x" is no address'],
    [{ token: "" }, {}, "--token is empty"],
    [{}, { CONSUL_HTTP_SSL: "perhaps" }, 'CONSUL_HTTP_SSL: "perhaps" is neither true nor false'],
    [{}, { CONSUL_HTTP_TOKEN_FILE: "/nowhere/token" }, "CONSUL_HTTP_TOKEN_FILE: ENOENT"],
  ])("%j %j is refused", (flags, env, says) => {
    expect(() => consulOptions(flags, env)).toThrow(says);
  });
});
