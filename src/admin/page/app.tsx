import type { PoolAnswer, TargetAnswer } from "../answers.ts";
import { PoolBand } from "./pool-band.tsx";
import { TargetView } from "./target-view.tsx";

/** What a page shows: pools with their targets, or one target, or that a token is needed. */
export type Shown =
  | { readonly kind: "pools"; readonly title: string; readonly pools: readonly PoolAnswer[] }
  | { readonly kind: "target"; readonly title: string; readonly target: TargetAnswer }
  | { readonly kind: "locked"; readonly title: string }
  | { readonly kind: "missing"; readonly title: string };

const WORST: Readonly<Record<PoolAnswer["pool"]["state"], number>> = { down: 0, degraded: 1, unknown: 2, up: 3 };

/** The pools, unhealthy first. */
export function Pools({ pools }: { readonly pools: readonly PoolAnswer[] }) {
  const ordered = [...pools].sort(
    (a, b) => WORST[a.pool.state] - WORST[b.pool.state] || (a.pool.name < b.pool.name ? -1 : 1),
  );
  return (
    <>
      {ordered.map(({ pool, targets, now }) => (
        <PoolBand key={pool.name} pool={pool} targets={targets} now={now} />
      ))}
      {ordered.length === 0 ? <p class="empty">no pools</p> : null}
    </>
  );
}

/** The part of the page that changes. */
export function Content({ shown, children }: { readonly shown: Shown; readonly children?: preact.ComponentChildren }) {
  switch (shown.kind) {
    case "pools":
      return <Pools pools={shown.pools} />;
    case "target":
      return <TargetView answer={shown.target}>{children}</TargetView>;
    case "locked":
      return <p class="empty">Reading needs the token of checkd.yaml, section admin.</p>;
    case "missing":
      return (
        <p class="empty">
          There is no such pool or target. <a href="/">All pools</a>
        </p>
      );
    default:
      return shown satisfies never;
  }
}
