// Where haproxy.cfg and checkd.yaml do not fit together. Pure.
import { nearest } from "../../config/nearest.ts";
import type { PoolSettings } from "../../config/settings.ts";
import { fillPool } from "../../outlets/publish/template.ts";
import { type Finding, type LintSettings, type Place, runtimesOf } from "./finding.ts";
import { askedOf, lintAgent } from "./lint-agent.ts";
import { lintPool } from "./lint-pool.ts";
import { lintSlots, lintSockets } from "./lint-runtime.ts";
import { has, type Line, type Section, type ServerLine, serversIn, wordAfter } from "./parse.ts";

/** Looks at every backend and listen section; settings null: haproxy.cfg alone. */
export function lint(sections: readonly Section[], settings: LintSettings | null): readonly Finding[] {
  const places = placesIn(sections, settings);
  const anySend = places.some(({ servers }) => servers.some((server) => wordAfter(server, "agent-send") !== null));
  const findings = places.flatMap((place) => [
    ...place.servers.filter((server) => has(server, "agent-check")).flatMap((one) => lintAgent(one, place, anySend)),
    ...lintPool(place),
    ...lintSlots(place, sections),
  ]);
  const whole = settings === null ? [] : [...missingPools(places, settings), ...lintSockets(sections, settings)];
  return [...findings, ...whole].sort((a, b) => a.line - b.line);
}

function placesIn(sections: readonly Section[], settings: LintSettings | null): readonly Place[] {
  const named = new Map<string, readonly Line[]>();
  let latest: readonly Line[] = [];
  const places: Place[] = [];
  for (const section of sections) {
    // `defaults NAME` and `backend b from NAME`: configuration manual, section 4.
    const inherited = section.from === null ? latest : (named.get(section.from) ?? []);
    if (section.kind === "defaults") {
      latest = section.from === null ? section.lines : [...inherited, ...section.lines];
      named.set(section.name, latest);
    }
    if (section.kind !== "backend" && section.kind !== "listen") continue;
    const servers = serversIn(section, inherited);
    const pool = settings === null ? null : poolOf(section.name, servers, settings);
    places.push({ section, lines: [...inherited, ...section.lines], servers, pool, settings });
  }
  return places;
}

const backendsOf = (pool: PoolSettings): readonly string[] => {
  const runtimes = runtimesOf(pool);
  return runtimes.length === 0 ? [pool.name] : runtimes.map(({ backend }) => fillPool(backend, wordsOf(pool)));
};
const wordsOf = ({ name, group }: PoolSettings) => ({ pool: name, group });

/** The pool that is told about this backend, or else the one that its servers ask about. */
const poolOf = (backend: string, servers: readonly ServerLine[], settings: LintSettings): PoolSettings | null =>
  settings.pools.find((pool) => backendsOf(pool).includes(backend)) ??
  settings.pools.find(({ name }) => servers.some((server) => askedOf(server, settings)?.pool === name)) ??
  null;

function missingPools(places: readonly Place[], { pools }: LintSettings): readonly Finding[] {
  const sections = new Map(places.map(({ section }) => [section.name, section.line]));
  const asked = new Set(places.map(({ pool }) => pool?.name));
  return pools
    .filter((pool) => runtimesOf(pool).length > 0 || pool.targets.some(({ part }) => part === "member"))
    .filter((pool) => runtimesOf(pool).length > 0 || !asked.has(pool.name))
    .flatMap((pool) =>
      backendsOf(pool)
        .filter((backend) => !sections.has(backend))
        .map((backend) => missingBackend(backend, pool, sections)),
    );
}

/** Told at the section that is nearly called so, or else at the last one. */
function missingBackend(backend: string, pool: PoolSettings, sections: ReadonlyMap<string, number>): Finding {
  const names = [...sections.keys()];
  const close = nearest(backend, names);
  const there = names.length === 0 ? "there is none" : `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  const mend = close === null ? `add a section \`backend ${backend}\`` : `${backend} instead of ${close}`;
  const otherwise =
    runtimesOf(pool).length > 0 ? `runtime.backend of pool ${pool.name}` : `the name of pool ${pool.name}`;
  return {
    line: sections.get(close ?? names.at(-1) ?? "") ?? 1,
    code: "unknown-backend",
    text: `no backend or listen section is called ${backend}, as pool ${pool.name} wants; ${there}`,
    mend: `${mend}, or change ${otherwise}`,
  };
}
