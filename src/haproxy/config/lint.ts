// Where haproxy.cfg and checkd.yaml do not fit together. Pure.
import type { PoolSettings } from "../../config/settings.ts";
import { fillPool } from "../../outlets/publish/template.ts";
import { type Finding, type LintSettings, type Place, runtimesOf } from "./finding.ts";
import { lintAgent } from "./lint-agent.ts";
import { lintPool } from "./lint-pool.ts";
import { lintSlots, lintSockets } from "./lint-runtime.ts";
import { has, type Line, type Section, serversIn, wordAfter } from "./parse.ts";

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
    places.push({
      section,
      lines: [...inherited, ...section.lines],
      servers: serversIn(section, inherited),
      pool: settings === null ? null : poolOf(section.name, settings),
      settings,
    });
  }
  return places;
}

const backendsOf = (pool: PoolSettings): readonly string[] => {
  const runtimes = runtimesOf(pool);
  return runtimes.length === 0 ? [pool.name] : runtimes.map(({ backend }) => fillPool(backend, wordsOf(pool)));
};
const wordsOf = ({ name, group }: PoolSettings) => ({ pool: name, group });

const poolOf = (backend: string, { pools }: LintSettings): PoolSettings | null =>
  pools.find((pool) => backendsOf(pool).includes(backend)) ?? null;

function missingPools(places: readonly Place[], { pools }: LintSettings): readonly Finding[] {
  const sections = new Set(places.map(({ section }) => section.name));
  return pools
    .filter((pool) => runtimesOf(pool).length > 0 || pool.targets.some(({ part }) => part === "member"))
    .flatMap((pool) =>
      backendsOf(pool)
        .filter((backend) => !sections.has(backend))
        .map((backend) => ({
          line: 0,
          code: "unknown-backend",
          text: `no backend or listen section is called ${backend}, as pool ${pool.name} wants`,
          mend: `name the section ${backend}, or set runtime.backend`,
        })),
    );
}
