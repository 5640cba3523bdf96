// Findings about slots, state files and runtime sockets.
import { isIP } from "node:net";
import type { PoolSettings } from "../../config/settings.ts";
import { fillPool } from "../../outlets/publish/template.ts";
import type { RuntimeOptions } from "../../outlets/runtime/options.ts";
import {
  aboutServer,
  type Finding,
  globalPlace,
  type LintSettings,
  lastLine,
  type Place,
  runtimesOf,
} from "./finding.ts";
import { has, type Line, type Section } from "./parse.ts";

/** Slots have server lines, start empty, and find their state again after a reload. */
export function lintSlots(place: Place, sections: readonly Section[]): readonly Finding[] {
  const { pool } = place;
  if (pool === null) return [];
  const words = { pool: pool.name, group: pool.group };
  return runtimesOf(pool)
    .filter(({ backend, slots }) => slots !== undefined && fillPool(backend, words) === place.section.name)
    .flatMap((runtime) => {
      const slots = (runtime.slots ?? []).map((slot) => fillPool(slot, words));
      return [
        ...lintNames(place, slots),
        ...lintEnabled(place, slots),
        ...(runtime.state_file === undefined ? [] : lintStateFile(place, sections, runtime)),
        ...(runtime.state_file === undefined ? [] : lintAddresses(place, slots)),
      ];
    });
}

function lintNames({ section, servers }: Place, slots: readonly string[]): readonly Finding[] {
  const names = new Set(servers.flatMap((server) => server.names));
  const [first, ...more] = slots.filter((slot) => !names.has(slot));
  if (first === undefined) return [];
  const text = `slots ${first}${more.length > 0 ? ` and ${more.length} more` : ""} have no server line`;
  return [{ line: section.line, code: "unknown-name", text, mend: "compare slots with server-template" }];
}

function lintEnabled({ servers }: Place, slots: readonly string[]): readonly Finding[] {
  return servers
    .filter((server) => server.names.some((name) => slots.includes(name)) && !has(server, "disabled"))
    .flatMap((server) =>
      aboutServer(server, (add) =>
        add("slot-enabled", "a slot that takes traffic before anybody is in it", "add disabled to its line"),
      ),
    );
}

function lintStateFile(place: Place, sections: readonly Section[], runtime: RuntimeOptions): readonly Finding[] {
  const found: Finding[] = [];
  const globals = globalLines(sections);
  const named = lastLine(globals, "server-state-file");
  if (named === undefined)
    found.push({
      line: globalPlace(sections),
      code: "state-file",
      text: "checkd keeps a state file that HAProxy does not read: the global section has no server-state-file",
      mend: `server-state-file ${runtime.state_file?.[0]}`,
    });
  const loads = lastLine(place.lines, "load-server-state-from-file");
  if (loads === undefined || loads.words[1] === "none")
    found.push({
      line: place.section.line,
      code: "state-file",
      text: `${place.section.name} does not read the state file: its slots are empty after a reload`,
      mend: "load-server-state-from-file global, here or in defaults",
    });
  return found;
}

/** Seen of HAProxy 2.6 and 3.0: a state file gives a server its port back, but its address only when its line has a name. */
function lintAddresses({ servers }: Place, slots: readonly string[]): readonly Finding[] {
  return servers
    .filter(({ names, address }) => names.some((name) => slots.includes(name)) && isIP(hostOf(address)) !== 0)
    .flatMap((server) =>
      aboutServer(server, (add) =>
        add(
          "state-address",
          `after a reload the state file leads it to ${hostOf(server.address)}: addresses are restored only where the line has a name`,
          "localhost:1 instead of the address",
        ),
      ),
    );
}

const hostOf = (address: string): string => address.replace(/:\d*$/, "").replace(/^\[|\]$/g, "");

const globalLines = (sections: readonly Section[]): readonly Line[] =>
  sections.filter(({ kind }) => kind === "global").flatMap(({ lines }) => lines);

const socketsOf = (pool: PoolSettings): readonly string[] =>
  runtimesOf(pool).flatMap(({ sockets }) =>
    sockets.map((socket) => fillPool(socket, { pool: pool.name, group: pool.group }).replace(/^unix@/, "")),
  );

/** Unix sockets that pools use: there, and of level admin. A master socket stands on HAProxy's command line. */
export function lintSockets(sections: readonly Section[], { pools }: LintSettings): readonly Finding[] {
  const lines = globalLines(sections).filter(({ words }) => words[0] === "stats" && words[1] === "socket");
  const paths = new Set(pools.flatMap(socketsOf).filter((socket) => socket.startsWith("/")));
  return [...paths].flatMap((path) => {
    const line = lines.find(({ words }) => words[2]?.replace(/^unix@/, "") === path);
    const admin = line !== undefined && line.words[line.words.lastIndexOf("level") + 1] === "admin";
    if (line !== undefined && admin) return [];
    const mend = `stats socket ${path} level admin`;
    if (line === undefined)
      return [
        {
          line: globalPlace(sections),
          code: "no-socket",
          text: `no stats socket is ${path}, which checkd is to use`,
          mend,
        },
      ];
    return [{ line: line.line, code: "socket-level", text: `${path} needs level admin: checkd is refused`, mend }];
  });
}
