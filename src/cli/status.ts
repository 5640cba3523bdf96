import type { PoolAnswer, PoolSummary, PoolsAnswer, TargetAnswer, TargetSummary } from "../admin/answers.ts";
import { spanWords } from "../admin/explain/words.ts";
import { describeError } from "../errors.ts";
import { type AdminClient, type AdminOptions, adminClient, apiPath, targetName } from "./admin-client.ts";
import { EXIT, Exit } from "./exit.ts";
import { type Cell, type Colour, type Paint, paintFor, table } from "./table.ts";

/** What `checkd status` was asked. */
export interface StatusRequest extends AdminOptions {
  /** A pool, `pool/target`, or all. */
  readonly what: string | undefined;
  readonly json: boolean;
  readonly watch: boolean;
}

/** Where a status is written. */
export interface Screen {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly width: number | null;
}

const WATCH_MS = 2000;

/** Pools with their targets, of one moment. */
export type Shown = readonly { readonly pool: PoolSummary; readonly targets: readonly TargetSummary[] }[];

/** The table of pools and targets, once or again and again until a signal comes. */
export async function status(request: StatusRequest): Promise<number> {
  const client = adminClient(request);
  const screen: Screen = {
    write: (text) => void process.stdout.write(text),
    isTerminal: process.stdout.isTTY === true,
    width: process.stdout.isTTY === true ? process.stdout.columns : null,
  };
  if (!request.watch) {
    screen.write(await statusText(client, request, screen));
    return EXIT.ok;
  }
  const ended = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => ended.abort());
  while (!ended.signal.aborted) {
    const text = await statusText(client, request, screen).catch(unreachableText);
    screen.write(screen.isTerminal && !request.json ? `\u001b[H\u001b[2J${text}` : text);
    await pause(ended.signal);
  }
  return EXIT.ok;
}

/** A daemon that is being restarted is waited for; a wrong question is not. */
function unreachableText(error: unknown): string {
  if (error instanceof Exit && error.code !== EXIT.unreachable) throw error;
  return `${describeError(error)}\n`;
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(done, WATCH_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });

/** What is written for one question. */
async function statusText(client: AdminClient, { what, json }: StatusRequest, screen: Screen): Promise<string> {
  if (what?.includes("/")) {
    const [pool, target] = targetName(what);
    const answer = await client.get<TargetAnswer>(apiPath(pool, target));
    if (json) return `${JSON.stringify(answer)}\n`;
    return tableOf([{ pool: answer.pool, targets: [answer.target] }], Date.parse(answer.now), screen);
  }
  const { now, pools } = what === undefined ? await allPools(client) : await onePool(client, what);
  if (json) return `${JSON.stringify({ now, pools: pools.map(({ pool, targets }) => ({ ...pool, targets })) })}\n`;
  return tableOf(pools, Date.parse(now), screen);
}

interface Moment {
  readonly now: string;
  readonly pools: Shown;
}

async function onePool(client: AdminClient, name: string): Promise<Moment> {
  const first = await client.get<PoolAnswer>(apiPath(name));
  const targets = [...first.targets];
  for (let { next } = first; next !== null; ) {
    const more: PoolAnswer = await client.get(`${apiPath(name)}?after=${encodeURIComponent(next)}`);
    targets.push(...more.targets);
    next = more.next;
  }
  return { now: first.now, pools: [{ pool: first.pool, targets }] };
}

async function allPools(client: AdminClient): Promise<Moment> {
  const names: string[] = [];
  let next: string | null = null;
  let now = "";
  do {
    const more: PoolsAnswer = await client.get(
      next === null ? "/api/pools" : `/api/pools?after=${encodeURIComponent(next)}`,
    );
    names.push(...more.pools.map(({ name }) => name));
    ({ next, now } = more);
  } while (next !== null);
  const pools: Shown[number][] = [];
  for (const name of names) pools.push(...(await onePool(client, name)).pools);
  return { now, pools };
}

const STATES: Readonly<Record<PoolSummary["state"], Colour>> = {
  up: "good",
  degraded: "soft",
  unknown: "soft",
  down: "bad",
};
const RANK = { down: 0, degraded: 1, unknown: 2, up: 3 } as const;

/** The table; pools in trouble first. */
export function tableOf(pools: Shown, now: number, { isTerminal, width }: Screen, env = process.env): string {
  const paint = paintFor(isTerminal, env);
  if (pools.length === 0) return "there are no pools\n";
  const sorted = [...pools].sort((a, b) => RANK[a.pool.state] - RANK[b.pool.state]);
  const heads = ["TARGET", "ADDRESS", "STATE", "WEIGHT", "FOR", "REASON"].map(
    (text) => ({ text, colour: "dim" }) as const,
  );
  const rows = sorted.flatMap(({ targets }) => targets.map((target) => cellsOf(target, now)));
  const lines = table([heads, ...rows], paint, width).split("\n");
  const body = sorted.flatMap(({ pool, targets }, index) => {
    const before = 1 + sorted.slice(0, index).reduce((sum, each) => sum + each.targets.length, 0);
    return [...poolLines(pool, paint), ...lines.slice(before, before + targets.length)];
  });
  return `${[lines[0], ...body].join("\n")}\n`;
}

function poolLines(pool: PoolSummary, paint: Paint): readonly string[] {
  const { name, group, state, serving, members, needed, ordered, backups, alarms, role } = pool;
  const parts = [
    `${serving} of ${members} serve`,
    role === "writer" ? "one writer" : `at_least ${needed}`,
    ...(ordered > 0 ? [`${ordered} under order`] : []),
    ...(backups.length > 0 ? [`${backups.join(", ")} by fallback`] : []),
  ];
  const title = `${paint(group === null ? name : `${group}/${name}`, "bold")}  ${paint(state, STATES[state])}  ${parts.join(", ")}`;
  return [
    title,
    ...alarms.map(({ text, target }) => `  ${paint(`! ${target === null ? "" : `${target}: `}${text}`, "soft")}`),
  ];
}

function cellsOf(target: TargetSummary, now: number): readonly Cell[] {
  const { name, address, state, weight, since, order, reason, stale, part, pending } = target;
  const until = order?.until == null ? "" : ` until ${order.until.replace(/\.\d+Z$/, "Z")}`;
  const notes = [
    ...(part === "member" ? [] : [part]),
    ...(order === null ? [] : [`${order.order}${until}`]),
    ...(stale ? ["stale"] : []),
    ...(pending ? ["confirming"] : []),
  ];
  return [
    { text: `  ${name}` },
    { text: address, colour: "dim" },
    { text: state ?? "-", colour: state === "up" ? (weight > 0 ? "good" : "soft") : state === "down" ? "bad" : "dim" },
    { text: state === null ? "-" : `${weight}%` },
    { text: since === null ? "-" : spanWords(Math.max(0, now - Date.parse(since))) },
    { text: notes.length === 0 ? reason : `[${notes.join(", ")}] ${reason}` },
  ];
}
