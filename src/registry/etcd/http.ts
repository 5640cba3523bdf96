import type { IncomingMessage, RequestOptions } from "node:http";
import { RegistryError } from "../../errors.ts";
import type { EtcdSettings } from "./settings.ts";

/** An answer of the v2 API. */
export interface V2Answer {
  readonly status: number;
  /** X-Etcd-Index: the store's revision when the answer was made. */
  readonly index: string;
  readonly body: {
    readonly errorCode?: number;
    readonly message?: string;
    readonly cause?: string;
    readonly index?: number;
    readonly node?: V2Node;
  };
}

/** A key or folder of the v2 store. */
export interface V2Node {
  readonly key: string;
  readonly value?: string;
  readonly dir?: boolean;
  readonly modifiedIndex: number;
  readonly nodes?: readonly V2Node[];
}

const LARGEST_ANSWER = 256 << 20;

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_ANSWER) throw new RegistryError("refused", "the answer is larger than 256 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function send(url: URL, options: RequestOptions, body: string): Promise<V2Answer> {
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const response = await new Promise<IncomingMessage>((done, fail) => {
    const call = request(url, options, done);
    call.on("error", fail);
    call.end(body);
  });
  const text = await collect(response);
  const index = response.headers["x-etcd-index"];
  const parsed = text === "" ? {} : (JSON.parse(text) as V2Answer["body"]);
  return { status: response.statusCode ?? 0, index: String(index ?? parsed.index ?? 0), body: parsed };
}

/** One request to one member. */
export async function askV2(
  { username, password, tls }: EtcdSettings,
  host: string,
  method: string,
  path: string,
  form: URLSearchParams | null,
  signal: AbortSignal,
): Promise<V2Answer> {
  const options: RequestOptions & { ca?: string; cert?: string; key?: string; rejectUnauthorized?: boolean } = {
    method,
    signal,
    headers: {
      ...(form === null
        ? {}
        : {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": Buffer.byteLength(form.toString()),
          }),
      ...(username === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${username}:${password?.reveal() ?? ""}`).toString("base64")}` }),
    },
    ...(tls === undefined ? {} : { ...tls, rejectUnauthorized: tls.verify }),
  };
  const answer = await send(new URL(`/v2/keys/${path}`, host), options, form?.toString() ?? "");
  // 3xx of the raft layer (no leader) and plain 5xx: this member cannot answer now.
  if (answer.status < 500) return answer;
  throw new Error(`${answer.status} ${answer.body.message ?? ""}`.trim());
}
