import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { secretFile, secretOf } from "../config/secret.ts";
import type { Secret } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { consulEnvironment } from "../registry/consul/environment.ts";
import {
  type Fields,
  fieldsOf,
  flag as switchIn,
  text as textIn,
  texts as textsIn,
  whole,
} from "../render/resource/fields.ts";
import { DEFAULT_RULES, ResourceError, type Rules } from "../render/resource/resource.ts";
import { readConfirm, readShrinkGuard, readValues, span } from "../render/resource/rules.ts";
import { BACKENDS, type Backend, type BackendOptions, defaultNodes } from "../render/source/backend.ts";
import { FlagError, parseFlags, readSwitch, readWhole, type Said } from "./go-flags.ts";
import { FLAGS, type Flag, FOREIGN, USED_BY } from "./render-flags.ts";
import { levelOf } from "./render-log.ts";

/** All that was said on the command line, in variables and in confd.toml, with the defaults. */
export interface RenderOptions {
  readonly backend: BackendOptions;
  /** The SRV record that names the nodes; "": they are named. */
  readonly srvRecord: string;
  readonly confdir: string;
  readonly prefix: string;
  readonly rules: Rules;
  readonly mode: "onetime" | "watch" | "interval";
  readonly intervalMs: Ms;
  readonly noop: boolean;
  readonly syncOnly: boolean;
  readonly keepStageFile: boolean;
  readonly stateDir: string;
  readonly logLevel: string;
  readonly logFormat: "text" | "json";
  readonly version: boolean;
  /** Worth saying before anything else. */
  readonly warnings: readonly string[];
}

type Value = string | boolean | number | readonly string[];

/** Where a flag was said, with its value; flags beat variables, which beat the file. */
class Words {
  readonly #said: Said;
  readonly #env: NodeJS.ProcessEnv;
  file: Fields = new Map();

  constructor(said: Said, env: NodeJS.ProcessEnv) {
    this.#said = said;
    this.#env = env;
  }

  text(name: string, otherwise = ""): string {
    return String(this.#find(name) ?? otherwise);
  }

  isOn(name: string): boolean {
    return this.#find(name) === true;
  }

  count(name: string, otherwise: number): number {
    return Number(this.#find(name) ?? otherwise);
  }

  list(name: string): readonly string[] {
    const found = this.#find(name);
    return Array.isArray(found) ? found : [];
  }

  #find(name: string): Value | undefined {
    const flag = FLAGS.find((each) => each.name === name);
    if (flag === undefined) throw new FlagError(`flag provided but not defined: -${name}`);
    const said = this.#said.get(name) ?? this.#variable(flag);
    return said === undefined ? inFile(this.file, flag) : typed(flag, said);
  }

  #variable({ name, kind }: Flag): string | readonly string[] | undefined {
    const word = name.toUpperCase().replaceAll("-", "_");
    const value = this.#env[`CHECKD_${word}`] || (/^CLIENT_(CERT|KEY)$/.test(word) ? this.#env[`CONFD_${word}`] : "");
    const found = value || (name === "client-ca-keys" ? this.#env.CONFD_CLIENT_CAKEYS : undefined);
    return !found ? undefined : kind === "list" ? found.split(",") : found;
  }
}

function typed({ name, kind }: Flag, said: string | readonly string[]): Value {
  if (typeof said !== "string") return said;
  if (kind === "switch") return readSwitch(name, said);
  return kind === "whole" ? readWhole(name, said) : said;
}

function inFile(file: Fields, { key, kind }: Flag): Value | undefined {
  if (key === null || !file.has(key)) return undefined;
  if (kind === "switch") return switchIn(file, key);
  if (kind === "whole") return whole(file, key);
  return kind === "list" ? textsIn(file, key) : textIn(file, key);
}

/** confd.toml; an absent one says nothing. A resource may be given in its place: other tables are left alone. */
function readFile(path: string): Fields {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw error;
  }
  return fieldsOf(parseToml(source), path);
}

/** Reads everything. Throws a FlagError or a ResourceError. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv): RenderOptions {
  const foreign = [...FOREIGN.keys()].map((name) => ({ name, kind: "text" as const }));
  const { said, rest } = parseFlags(argv, [...FLAGS, ...foreign]);
  const words = new Words(said, env);
  const file = words.text("config-file", "/etc/confd/confd.toml");
  try {
    words.file = readFile(file);
  } catch (error) {
    throw new ResourceError(`${file}: ${describeError(error).split("\n")[0]}`, { cause: error });
  }
  const backend = backendOf(words, env);
  const domain = words.text("srv-domain");
  return {
    backend,
    srvRecord: words.text("srv-record", domain === "" ? "" : `_${backend.backend}._tcp.${domain}.`),
    confdir: words.text("confdir", "/etc/confd"),
    prefix: words.text("prefix"),
    rules: rulesOf(words),
    mode: words.isOn("onetime") ? "onetime" : words.isOn("watch") ? "watch" : "interval",
    intervalMs: intervalOf(words),
    noop: words.isOn("noop"),
    syncOnly: words.isOn("sync-only"),
    keepStageFile: words.isOn("keep-stage-file"),
    stateDir: words.text("state-dir", ownStateDir(env)),
    logLevel: logLevelOf(words),
    logFormat: logFormatOf(words),
    version: words.isOn("version"),
    warnings: [...warningsOf(said, rest), ...idleFlags(said, backend)],
  };
}

function warningsOf(said: Said, rest: readonly string[]): string[] {
  const foreign = [...said.keys()].filter((name) => FOREIGN.has(name));
  const warnings = foreign.map((name) => `-${name} is for ${FOREIGN.get(name)} only and says nothing here`);
  if (rest.length > 0)
    warnings.push(`${JSON.stringify(rest[0])} is no flag: it and all behind it is not read (write -x=value)`);
  return warnings;
}

/** Flags that say nothing to this backend. */
function idleFlags(said: Said, { backend, username, clientCert, clientKey }: BackendOptions): string[] {
  const idle = [...said.keys()].filter((name) => USED_BY.get(name)?.includes(backend) === false);
  const warnings = idle.map((name) => `-${name} says nothing to the backend ${backend}`);
  if (said.has("username") && username === "" && idle.length === 0)
    warnings.push("-username and -password say nothing without -basic-auth");
  if ((clientCert === "") !== (clientKey === ""))
    warnings.push("-client-cert and -client-key go together: one of them is missing, so that neither is used");
  return warnings;
}

const isBackend = (word: string): word is Backend => BACKENDS.some((each) => each === word);

function backendOf(words: Words, env: NodeJS.ProcessEnv): BackendOptions {
  const backend = words.text("backend", "etcd");
  if (!isBackend(backend))
    throw new FlagError(`Invalid backend: ${JSON.stringify(backend)} (there are ${BACKENDS.join(", ")})`);
  const nodes = words.list("node");
  const consul = consulEnvironment(backend === "consul" ? env : {});
  const login = loginOf(words, backend, env.CONSUL_HTTP_AUTH);
  if (backend === "file" && words.list("file").length === 0) throw new FlagError("the backend file needs -file");
  // Its library cannot do without: better no answer than one that nobody vouches for.
  if (backend === "etcdv3" && words.isOn("client-insecure"))
    throw new FlagError("-client-insecure cannot be had with etcdv3: name the server's authority by -client-ca-keys");
  return {
    backend,
    nodes: nodes.length > 0 ? nodes : defaultNodes(backend, env),
    scheme: words.text("scheme", "http"),
    ...login,
    token: tokenOf(consul.token, consul.tokenFile),
    clientCert: words.text("client-cert", consul.cert),
    clientKey: words.text("client-key", consul.key),
    clientCaKeys: words.text("client-ca-keys", consul.ca),
    insecure: words.isOn("client-insecure") || consul.verify === false,
    files: words.list("file"),
    filter: words.text("filter", "*"),
  };
}

const tokenOf = (token: string | undefined, file: string | undefined): Secret | undefined =>
  token !== undefined ? secretOf(token) : file === undefined ? undefined : secretFile(file);

/** As confd: user and password count with -basic-auth only, and before Consul's own variable. ZooKeeper knows no such thing. */
function loginOf(words: Words, backend: Backend, variable = ""): Pick<BackendOptions, "username" | "password"> {
  const basic = words.isOn("basic-auth");
  if (basic && words.text("username") === "") throw new FlagError("-basic-auth needs -username and -password");
  const [, user = variable, pass = ""] = /^([^:]*):(.*)$/s.exec(variable) ?? [];
  const isSaid = basic || backend === "zookeeper";
  const username = isSaid ? words.text("username") : backend === "consul" ? user : "";
  const password = isSaid ? words.text("password") : pass;
  return { username, password: username === "" ? undefined : secretOf(password) };
}

function rulesOf(words: Words): Rules {
  const spanOf = (name: string, otherwise: Ms): Ms => {
    const given = words.text(name);
    return given === "" ? otherwise : span(given, `-${name}`);
  };
  const said = (name: string): string | undefined => words.text(name) || undefined;
  const { values, shrinkGuard, checkTimeoutMs, reloadTimeoutMs, debounceMs, confirmSocket } = DEFAULT_RULES;
  return {
    values: readValues(said("values"), values),
    shrinkGuard: readShrinkGuard(said("shrink-guard"), shrinkGuard),
    checkTimeoutMs: spanOf("check-cmd-timeout", checkTimeoutMs),
    reloadTimeoutMs: spanOf("reload-cmd-timeout", reloadTimeoutMs),
    debounceMs: spanOf("debounce", debounceMs),
    confirmSocket: readConfirm(said("confirm"), said("socket"), confirmSocket),
  };
}

function intervalOf(words: Words): Ms {
  const seconds = words.count("interval", 600);
  if (seconds < 0) throw new FlagError(`-interval must not be below 0: ${seconds}`);
  return seconds * 1000;
}

function logLevelOf(words: Words): string {
  const word = words.text("log-level", "info");
  if (levelOf(word) === null) throw new FlagError(`not a valid level: ${JSON.stringify(word)}`);
  return word;
}

function logFormatOf(words: Words): "text" | "json" {
  const word = words.text("log-format", "text");
  if (word === "text" || word === "json") return word;
  throw new FlagError(`-log-format: ${JSON.stringify(word)} is neither text nor json`);
}

/** systemd's folder, the system's for root, else the user's. */
function ownStateDir(env: NodeJS.ProcessEnv): string {
  const [fromSystemd] = (env.STATE_DIRECTORY ?? "").split(":");
  if (fromSystemd) return fromSystemd;
  if (process.geteuid?.() === 0) return "/var/lib/checkd";
  return join(env.XDG_STATE_HOME || join(env.HOME ?? homedir(), ".local/state"), "checkd");
}
