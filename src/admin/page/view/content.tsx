import type { ComponentChildren } from "preact";
import { Overview } from "./overview.tsx";
import type { Shown } from "./shown.ts";
import { TargetView } from "./target-view.tsx";
import { headlineOf } from "./words.ts";

interface ContentProps {
  readonly shown: Shown;
  /** What only a browser with script shows: orders, the form for the token. */
  readonly children?: ComponentChildren;
}

/** The part of the page that changes. */
export function Content({ shown, children }: ContentProps) {
  switch (shown.kind) {
    case "pools":
      return <Overview shown={shown} />;
    case "target":
      return <TargetView answer={shown.target}>{children}</TargetView>;
    case "locked":
      return (
        <>
          <h1>Reading needs the token</h1>
          <p class="empty">It stands in checkd.yaml under admin.token, or where that points to.</p>
          {children}
        </>
      );
    case "missing":
      return (
        <>
          <h1>There is no such pool or target</h1>
          <p class="empty">
            Perhaps it left its pool. <a href="/">all pools</a>
          </p>
        </>
      );
    default:
      return shown satisfies never;
  }
}

/** What stands on the tab: the trouble first. */
export function titleOf(shown: Shown): string {
  switch (shown.kind) {
    case "pools": {
      const { group, pool } = shown.scope;
      const { text } = headlineOf(
        shown.bands.map((band) => band.pool),
        pool !== null,
      );
      return [text, pool === null ? group : null, "checkd"].filter((part) => part !== null).join(" - ");
    }
    case "target": {
      const { name, state } = shown.target.target;
      return `${name} ${state ?? "unknown"} - ${shown.target.pool.name} - checkd`;
    }
    case "locked":
      return "checkd";
    case "missing":
      return "not found - checkd";
    default:
      return shown satisfies never;
  }
}
