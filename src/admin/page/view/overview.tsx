import type { PoolSummary } from "../../answers.ts";
import { Lately } from "./lately.tsx";
import { PoolBand } from "./pool-band.tsx";
import { Sparse } from "./rows.tsx";
import type { Scope, Shown } from "./shown.ts";
import { count, headlineOf, poolTone } from "./words.ts";

/** With more rows than this only those in sight are kept; with fewer the browser's own search finds all of them. */
const MOST_ROWS = 200;

type PoolsShown = Extract<Shown, { readonly kind: "pools" }>;

/** Which pools are not well, by name. */
function Troubles({ pools }: { readonly pools: readonly PoolSummary[] }) {
  const troubled = pools.filter(({ state }) => state !== "up").slice(0, 12);
  return (
    <>
      {troubled.map((pool) => (
        <span key={pool.name} class={poolTone(pool)}>
          <a href={`#pool-${pool.name}`}>{pool.name}</a> <b>{pool.state}</b>{" "}
        </span>
      ))}
    </>
  );
}

function Totals({ pools }: { readonly pools: readonly PoolSummary[] }) {
  const sum = (of: (pool: PoolSummary) => number): number => pools.reduce((all, pool) => all + of(pool), 0);
  const members = sum((pool) => pool.members);
  const ordered = sum((pool) => pool.ordered);
  const orders = ordered === 0 ? "" : `, ${ordered} under order`;
  return <>{`${sum((pool) => pool.serving)} of ${count(members, "target")} serve${orders}`}</>;
}

/** Looks for targets: a plain form, so that it works without script as well. */
function Find({ find }: Pick<Scope, "find">) {
  return (
    <search>
      <form method="get" class="find">
        <label>
          find <input type="search" name="find" defaultValue={find} placeholder="name, address or reason" />
        </label>
        <button type="submit">find</button>
        {find === "" ? null : <a href="?">show all</a>}
      </form>
    </search>
  );
}

/** The pools in bands, unhealthy first. */
export function Overview({ shown: { bands, scope, now, lately } }: { readonly shown: PoolsShown }) {
  const pools = bands.map(({ pool }) => pool);
  const { tone, text } = headlineOf(pools, scope.pool !== null);
  const rows = bands.reduce((sum, { targets }) => sum + (targets?.length ?? 0), 0);
  const place = scope.pool ?? scope.group;
  return (
    <>
      {place === null ? null : (
        <nav aria-label="where you are">
          <a href="/">all pools</a> / {place}
        </nav>
      )}
      <div class={`headline ${tone}`}>
        <h1>{scope.group === null || scope.pool !== null ? text : `${scope.group}: ${text}`}</h1>
        <p>
          <Totals pools={pools} /> <Troubles pools={scope.pool === null ? pools : []} />
        </p>
        <Find find={scope.find} />
      </div>
      <div class="spread">
        <Lately moments={lately} now={now} />
        <div class="bands">
          <Sparse.Provider value={rows > MOST_ROWS}>
            {bands.map((band) => (
              <PoolBand key={band.pool.name} band={band} now={now} />
            ))}
          </Sparse.Provider>
          {bands.length === 0 ? (
            <p class="empty">{scope.find === "" ? "no pools" : `nothing has "${scope.find}"`}</p>
          ) : null}
        </div>
      </div>
    </>
  );
}
