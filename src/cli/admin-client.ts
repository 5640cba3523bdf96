import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readDocument } from "../config/document.ts";
import { interpolate } from "../config/interpolate.ts";
import { parseHostPort } from "../config/options.ts";
import { DAEMON_DEFAULTS } from "../config/schema/defaults.ts";
import { readSecretFile } from "../config/secret.ts";
import { describeError } from "../errors.ts";
import { confFile } from "./common.ts";
import { EXIT, Exit } from "./exit.ts";

/** How the running daemon is found. */
export interface AdminOptions {
  readonly admin?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly conf?: string | undefined;
}

/** The running daemon. */
export interface AdminClient {
  readonly url: string;
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: object): Promise<Answer>;
  remove<Answer>(path: string): Promise<Answer>;
}

const ANSWER_MS = 10_000;
const AGAIN_MS = 500;
const TRIES = 20;
const NAME_IT = "name the daemon with --admin URL or CHECKD_ADMIN";

/** Finds the daemon; throws with the next step when nobody says where it is. */
export function adminClient(given: AdminOptions, env: NodeJS.ProcessEnv = process.env): AdminClient {
  // An empty variable is how a shell says "none".
  const options = { ...given, admin: given.admin || undefined, conf: given.conf || undefined };
  const section = sectionFor(options, env);
  const url = (options.admin ?? urlOf(section)).replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(url)) throw new Exit(EXIT.usage, `"${url}" is no URL: write http://127.0.0.1:8910`);
  const token = tokenOf(options, env, section);
  const ask = <Answer>(method: string, path: string, body?: object) =>
    request<Answer>({ url, token, method, path, body });
  return {
    url,
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body),
    remove: (path) => ask("DELETE", path),
  };
}

/** The path of a pool or target in the API. */
export const apiPath = (...names: readonly string[]): string =>
  ["/api/pools", ...names.map((name) => encodeURIComponent(name))].join("/");

/** `pool/target` in two. */
export function targetName(text: string): readonly [string, string] {
  const [pool = "", target = "", ...more] = text.split("/");
  if (pool === "" || target === "" || more.length > 0)
    throw new Exit(EXIT.usage, `"${text}" is no target: write POOL/TARGET, as web/app1 (checkd status lists them)`);
  return [pool, target];
}

interface Section {
  readonly file: string;
  readonly listen: string | null;
  readonly token: string | null;
}

/** The admin section of the configuration, which need not be readable in all its other parts. */
function sectionFor({ admin, conf }: AdminOptions, env: NodeJS.ProcessEnv): Section | null {
  const file = confFile(conf);
  // A token goes to the daemon it belongs to: the one of this file, or one on this machine.
  const mine = conf !== undefined || admin === undefined || /^https?:\/\/(127\.|localhost|\[::1\])/.test(admin);
  if (!mine) return null;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (admin !== undefined) return null;
    throw new Exit(EXIT.usage, `${describeError(error)}; ${NAME_IT}`);
  }
  return readSection(file, text, env);
}

function readSection(file: string, text: string, env: NodeJS.ProcessEnv): Section {
  const { value } = readDocument(text);
  const root = typeof value === "object" && value !== null ? value : {};
  const unfilled = new Set<string>();
  const around = {
    folder: dirname(resolve(file)),
    env,
    problem: (path: readonly PropertyKey[]) => void unfilled.add(path.join(".")),
    warn: () => {},
  };
  const admin = interpolate("admin" in root ? root.admin : undefined, around).value;
  if (typeof admin !== "object" || admin === null) return { file, listen: null, token: null };
  const of = (name: string): string | null => {
    const found: unknown = Reflect.get(admin, name);
    return typeof found === "string" && !unfilled.has(name) ? found : null;
  };
  return { file, listen: of("listen") ?? DAEMON_DEFAULTS.admin.listen, token: of("token") };
}

function urlOf(section: Section | null): string {
  if (section?.listen == null)
    throw new Exit(EXIT.usage, `${section?.file ?? "the configuration"} has no admin section: add one, or ${NAME_IT}`);
  const address = parseHostPort(section.listen);
  if (address === null) throw new Exit(EXIT.usage, `${section.file}: admin.listen is no address; ${NAME_IT}`);
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address.host] ?? address.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}

function tokenOf({ tokenFile }: AdminOptions, env: NodeJS.ProcessEnv, section: Section | null): string | null {
  if (tokenFile === undefined) return env.CHECKD_TOKEN?.trim() || section?.token?.trim() || null;
  try {
    return readSecretFile(tokenFile).trim();
  } catch (error) {
    throw new Exit(EXIT.usage, `--token-file: ${describeError(error)}`);
  }
}

interface Asked {
  readonly url: string;
  readonly token: string | null;
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
}

async function request<Answer>(asked: Asked): Promise<Answer> {
  let answer: Heard;
  let said: unknown;
  try {
    answer = await patiently(asked);
    said = JSON.parse(answer.text);
  } catch (error) {
    const why = error instanceof SyntaxError ? "what answers there is no checkd" : describeError(error);
    throw new Exit(EXIT.unreachable, `checkd at ${asked.url} does not answer: ${why}; is it running? Else ${NAME_IT}`);
  }
  if (answer.status >= 300) throw refused(asked.url, answer.status, said);
  return said as Answer;
}

/** Asks again whoever says that it was too much at once: a large site has more pools than are answered in a second. */
async function patiently(asked: Asked): Promise<Heard> {
  for (let tries = 1; ; tries++) {
    const answer = await converse(asked);
    if (answer.status !== 429 || tries === TRIES) return answer;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}

interface Heard {
  readonly status: number;
  readonly text: string;
}

// Not fetch(): it refuses ports that browsers must not reach, and a daemon may well listen on one.
async function converse({ url, token, method, path, body }: Asked): Promise<Heard> {
  const { request: open } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const text = body === undefined ? "" : JSON.stringify(body);
  return new Promise((done, fail) => {
    const headers = {
      accept: "application/json",
      ...(text === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const asking = open(`${url}${path}`, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", fail);
      answer.on("end", () => done({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    const timer = setTimeout(() => asking.destroy(new Error(`no answer within ${ANSWER_MS / 1000}s`)), ANSWER_MS);
    asking.on("close", () => clearTimeout(timer));
    asking.on("error", fail);
    asking.end(text);
  });
}

/** An error of the API as the end of a program: with its own words, and the next step. */
function refused(url: string, status: number, said: unknown): Exit {
  const message = messageOf(said) ?? `${url} answered ${status}`;
  switch (status) {
    case 401:
      return new Exit(EXIT.usage, `${message}; give the token with --token-file FILE or CHECKD_TOKEN`);
    case 409:
      return new Exit(EXIT.no, message.replace(/send "force": true/, "add --force"));
    case 400:
    case 403:
      return new Exit(EXIT.usage, message);
    case 404:
      return new Exit(EXIT.usage, `${message}; checkd status lists all`);
    default:
      return new Exit(EXIT.unreachable, `${message} (${status}); try again, or look into checkd's log`);
  }
}

function messageOf(said: unknown): string | null {
  if (typeof said !== "object" || said === null || !("error" in said)) return null;
  const { error } = said;
  const found = typeof error === "object" && error !== null && "message" in error ? error.message : null;
  return typeof found === "string" ? found : null;
}
