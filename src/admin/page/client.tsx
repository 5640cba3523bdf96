// The page in the browser: takes over what the server drew and keeps it up to date.
import { hydrate, render } from "preact";
import type { PoolAnswer } from "../answers.ts";
import { ApiError, api, headers } from "./api.ts";
import { Content, type Shown } from "./app.tsx";
import { followEvents } from "./live.ts";
import { Login } from "./login.tsx";
import { OrderForm } from "./order-form.tsx";

const REFRESH_MS = 5000;
const SOON_MS = 300;

interface Given {
  readonly shown: Shown;
  readonly mayOrder: boolean;
}

const main = document.getElementById("content");
const live = document.getElementById("live");
const given = JSON.parse(document.getElementById("data")?.textContent ?? "null") as Given;
const [group, poolName, targetName] = location.pathname
  .split("/")
  .filter((part) => part !== "")
  .map(decodeURIComponent);
let shown = given.shown;
let hydrated = false;

function draw(): void {
  if (main === null) return;
  const content = (
    <Content shown={shown}>
      {shown.kind === "target" && given.mayOrder && hydrated ? <OrderForm answer={shown.target} done={soon} /> : null}
    </Content>
  );
  const tree = shown.kind === "locked" ? <Login done={soon} /> : content;
  if (hydrated) render(tree, main);
  else hydrate(<Content shown={shown} />, main);
  hydrated = true;
  void plot();
}

async function plot(): Promise<void> {
  const host = document.getElementById("plot");
  if (host === null || shown.kind !== "target") return;
  const { drawPlot } = await import("./plot.ts");
  if (shown.kind === "target") drawPlot(host, shown.target);
}

/** The pools of this page, anew; those that are away keep what they showed. */
async function readPools(): Promise<Shown> {
  const { pools } = await api.pools();
  const wanted = pools.filter((pool) =>
    poolName === undefined ? group === undefined || (pool.group ?? pool.name) === group : pool.name === poolName,
  );
  const answers: PoolAnswer[] = await Promise.all(wanted.map(({ name }) => api.pool(name)));
  return { kind: "pools", title: document.title, pools: answers };
}

const readShown = async (): Promise<Shown> =>
  poolName !== undefined && targetName !== undefined
    ? { kind: "target", title: document.title, target: await api.target(poolName, targetName) }
    : readPools();

let reading = false;
let again = false;
async function refresh(): Promise<void> {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    shown = await readShown();
    draw();
    tell("live");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) shown = { kind: "locked", title: document.title };
    else if (error instanceof ApiError && error.status === 404) shown = { kind: "missing", title: document.title };
    if (error instanceof ApiError) draw();
  }
  reading = false;
  if (again) soon();
  again = false;
}

let timer: ReturnType<typeof setTimeout> | null = null;
/** Many events at once are one look. */
function soon(): void {
  if (timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    void refresh();
  }, SOON_MS);
}

let told = "";
function tell(state: "live" | "waiting"): void {
  if (live === null) return;
  const words = state === "live" ? "live" : "checkd does not answer, trying";
  if (words !== told) live.textContent = words;
  live.className = state;
  told = words;
}

draw();
draw();
const query =
  poolName === undefined
    ? ""
    : `?${new URLSearchParams({ pool: poolName, ...(targetName === undefined ? {} : { target: targetName }) })}`;
void followEvents(query, headers, soon, (state) => {
  tell(state);
  if (state === "live") soon();
});
setInterval(() => {
  if (document.visibilityState === "visible") soon();
}, REFRESH_MS);
