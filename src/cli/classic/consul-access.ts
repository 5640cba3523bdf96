// How Consul is reached: the flags of the old tools, else the variables that Consul's own tools read.
import { accessSync, constants } from "node:fs";
import type { Variables } from "../../config/loading.ts";
import { parseHostPort } from "../../config/options.ts";
import { describeError } from "../../errors.ts";
import { EXIT, Exit } from "../exit.ts";

/** What the command line says about Consul. */
export interface ConsulFlags {
  readonly consul?: string | undefined;
  readonly token?: string | undefined;
}

/** Options of the registry driver as a configuration says them. */
export type ConsulOptions = Readonly<Record<string, unknown>>;

/** Options of driver consul; throws with exit code 2 when the address or a variable makes no sense. */
export function consulOptions({ consul, token }: ConsulFlags, env: Variables): ConsulOptions {
  const [name, written] =
    consul !== undefined ? ["--consul", consul] : ["CONSUL_HTTP_ADDR", said(env, "CONSUL_HTTP_ADDR")];
  const address = addressOf(name, written ?? "localhost:8500", flag(env, "CONSUL_HTTP_SSL") ?? false);
  const [username, ...password] = said(env, "CONSUL_HTTP_AUTH")?.split(":") ?? [];
  return {
    driver: "consul",
    address: address.href.replace(/\/$/, ""),
    ...tokenOf(token, env),
    ...given("username", username),
    ...given("password", password.length === 0 ? undefined : password.join(":")),
    ...(address.protocol === "https:" ? { tls: tlsOf(env) } : {}),
  };
}

const said = (env: Variables, name: string): string | undefined => (env[name] === "" ? undefined : env[name]);

/** References are for configuration files: what stands in a flag or a variable is meant as it stands. */
const literal = (text: string): string => text.replaceAll("${", () => "$${");

const given = (key: string, text: string | undefined): ConsulOptions =>
  text === undefined ? {} : { [key]: literal(text) };

/** The file comes before the variable, as in Consul's tools; it is read again when it changes. */
function tokenOf(token: string | undefined, env: Variables): ConsulOptions {
  if (token === "") throw new Exit(EXIT.usage, "--token is empty");
  if (token !== undefined) return given("token", token);
  const file = fileIn(env, "CONSUL_HTTP_TOKEN_FILE");
  return file === undefined ? given("token", said(env, "CONSUL_HTTP_TOKEN")) : { token: `\${file:${file}}` };
}

function fileIn(env: Variables, name: string): string | undefined {
  const file = said(env, name);
  if (file === undefined) return undefined;
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch (error) {
    throw new Exit(EXIT.usage, `${name}: ${describeError(error)}`);
  }
}

function tlsOf(env: Variables): ConsulOptions {
  return {
    ...given("ca", fileIn(env, "CONSUL_CACERT")),
    ...given("cert", fileIn(env, "CONSUL_CLIENT_CERT")),
    ...given("key", fileIn(env, "CONSUL_CLIENT_KEY")),
    verify: flag(env, "CONSUL_HTTP_SSL_VERIFY") ?? true,
  };
}

const WORDS: Readonly<Record<string, boolean>> = { 1: true, t: true, true: true, 0: false, f: false, false: false };

function flag(env: Variables, name: string): boolean | undefined {
  const text = said(env, name);
  if (text === undefined) return undefined;
  const value = WORDS[text.toLowerCase()];
  if (value === undefined) throw new Exit(EXIT.usage, `${name}: "${text}" is neither true nor false`);
  return value;
}

function addressOf(name: string, text: string, secure: boolean): URL {
  const refuse = (): never => {
    throw new Exit(
      EXIT.usage,
      `${name}: "${text}" is no address of Consul (write localhost:8500 or https://host:8501)`,
    );
  };
  const [, scheme, rest = ""] = /^(?:(\w+):\/\/)?(.*?)\/?$/s.exec(text.trim()) ?? [];
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") return refuse();
  const hasPort = /:\d+$/.test(rest) && !rest.endsWith("]");
  const authority = hasPort || scheme !== undefined ? rest : `${rest}:8500`;
  const url = `${scheme ?? (secure ? "https" : "http")}://${authority}`;
  if (parseHostPort(hasPort ? rest : `${rest}:8500`) === null || !URL.canParse(url)) return refuse();
  return new URL(url);
}
