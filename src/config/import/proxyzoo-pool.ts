// One backend of proxyzoo as a pool of ours.
import { haproxyMs } from "../../haproxy/config/parse.ts";
import type { ProxyzooGroup, ProxyzooInstance } from "./proxyzoo-file.ts";
import { serverTemplate } from "./proxyzoo-template.ts";

/** Where a backend's pool comes from. */
export interface PoolGiven {
  readonly instance: ProxyzooInstance;
  readonly instanceName: string;
  readonly registry: string;
  readonly backend: string;
  readonly group: ProxyzooGroup;
  /** Fills `${HOME}` in. */
  paths(text: string): string;
}

/** The path in ZooKeeper below which a backend's instances are; empty when the file names none. */
export function zkPathOf({ instance, group, backend }: Pick<PoolGiven, "instance" | "group" | "backend">): string {
  return (group["zk.path"] ?? instance["zk.path"] ?? "")
    .replaceAll("${group}", backend)
    .replaceAll("${group_name}", backend);
}

/** The pool of a backend: who is in it, how it is asked, and where it is told. */
export function poolOf(given: PoolGiven): object {
  const { instance, instanceName, registry, backend, group, paths } = given;
  const words = serverTemplate(backend, group).trim().split(/\s+/);
  const [prefix = backend, range = `1-${group.max_server}`] = words;
  const slots = range.includes("-") ? range.replace("-", "..") : `1..${range}`;
  return {
    group: instanceName,
    source: { type: "registry", registry, path: zkPathOf(given) },
    check: checkOf(group),
    ...timingOf(words),
    runtime: { sockets: [paths(instance.socket_files[0] ?? "")], backend, slots: `${prefix}${slots}` },
  };
}

/** `inter`, `rise` and `fall` of the server line, for our own check; HAProxy's defaults where it has none. */
function timingOf(words: readonly string[]): object {
  const after = (word: string): string | undefined => words[words.lastIndexOf(word) + 1];
  const inter = words.includes("inter") ? haproxyMs(after("inter") ?? "") : 2000;
  const count = (word: string, otherwise: number): number => {
    const number = words.includes(word) ? Number(after(word)) : otherwise;
    return Number.isInteger(number) && number > 0 ? number : otherwise;
  };
  return { every: `${Math.max(1, Math.round(inter ?? 2000))}ms`, rise: count("rise", 2), fall: count("fall", 3) };
}

/** `GET /probe.jsp`, with a version and a Host header after it in old ways of writing. */
function checkOf({ httpchk }: ProxyzooGroup): object {
  if (httpchk === undefined) return { type: "tcp" };
  const words = httpchk.trim().split(/\s+/);
  const [method, path] = words.length === 1 ? ["OPTIONS", words[0]] : words;
  const host = /Host:(?:\s|\\ |\\t)*([^\s\\]+)/i.exec(httpchk)?.[1];
  // HAProxy's own rule: 2xx and 3xx are fine (configuration manual, option httpchk).
  return {
    type: "http-content",
    ...(method === "GET" ? {} : { method }),
    path: path ?? "/",
    status: ["200-399"],
    ...(host === undefined ? {} : { host }),
  };
}
