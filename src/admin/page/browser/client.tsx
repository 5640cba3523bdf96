// The page in the browser: takes over what the server drew and keeps it up to date.
import { hydrate, render } from "preact";
import { Content, titleOf } from "../view/content.tsx";
import { iconOf } from "../view/icon.ts";
import type { Given, Moment, Shown } from "../view/shown.ts";
import { headers, readGiven } from "./api.ts";
import { createFrame } from "./frame.ts";
import { followEvents, type LiveEvent } from "./live.ts";
import { Login } from "./login.tsx";
import { isNews, merged, momentOf } from "./news.ts";
import { OrderForm } from "./order-form.tsx";
import { createRefresh } from "./refresh.ts";

const MOST_HEARD = 60;

// Written by the server beside the page.
let given = JSON.parse(document.getElementById("data")?.textContent ?? "null") as Given;
let heard: readonly Moment[] = [];
const main = document.getElementById("content");
const frame = createFrame();

/** What only a browser with script has. */
function Extras({ shown }: { readonly shown: Shown }) {
  if (shown.kind === "locked") return <Login done={refresh.soon} />;
  if (shown.kind !== "target" || shown.target.target.part === "reference") return null;
  return <OrderForm answer={shown.target} mayOrder={given.mayOrder} done={refresh.soon} />;
}

const nowOf = (shown: Shown): string | null =>
  shown.kind === "pools" ? shown.now : shown.kind === "target" ? shown.target.now : null;

function draw(): void {
  if (main === null) return;
  const { shown } = given;
  const newest = shown.kind === "pools" ? { ...shown, lately: merged(heard, shown.lately) } : shown;
  render(
    <Content shown={newest}>
      <Extras shown={shown} />
    </Content>,
    main,
  );
  frame.show({ title: titleOf(shown), icon: iconOf(shown), now: nowOf(shown) });
  if (shown.kind === "target") void plot();
}

async function plot(): Promise<void> {
  const { drawPlot } = await import("./plot.ts");
  const host = document.getElementById("plot");
  if (host !== null && given.shown.kind === "target") drawPlot(host, given.shown.target);
}

const refresh = createRefresh(async () => {
  const news = await readGiven();
  if (news === null) return false;
  // Another checkd than the one this script came from: its page may need another script.
  if (news.version !== given.version) location.reload();
  given = news;
  draw();
  return true;
}, frame);

function see(event: LiveEvent): void {
  const moment = momentOf(event, nowOf(given.shown) ?? new Date().toISOString());
  if (moment !== null) heard = [moment, ...heard].slice(0, MOST_HEARD);
  const { shown } = given;
  if (isNews(event, shown.kind === "target" ? shown.target.target.name : null)) refresh.soon();
}

/** Events of the pool that this page shows; what other targets do matters to this one. */
function queryOfEvents(): string {
  const [, pool] = location.pathname.split("/").filter((part) => part !== "");
  return pool === undefined ? "" : `?pool=${pool}`;
}

if (main !== null) {
  hydrate(<Content shown={given.shown} />, main);
  draw();
  refresh.start();
  void followEvents(queryOfEvents(), headers, { see, lost: refresh.soon });
}
