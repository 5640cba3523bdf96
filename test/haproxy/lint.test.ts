import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { sources } from "../../checks/sources/index.ts";
import { loadText } from "../../src/config/load.ts";
import type { LintSettings } from "../../src/haproxy/config/finding.ts";
import { lint } from "../../src/haproxy/config/lint.ts";
import { parseConfig, serversIn, splitWords } from "../../src/haproxy/config/parse.ts";
import { outlets } from "../../src/outlets/index.ts";
import { registries } from "../../src/registry/index.ts";

const CHECKD = `
agent: { listen: "0.0.0.0:3300" }
pools:
  web:
    check: { type: tcp }
    weight: { by: latencyMs, curve: { 0: 100, 100: 1 } }
    haproxy_weight: 100
    ramp: 30s
    targets:
      app1: { address: "10.0.0.1:80", agent_port: 3333 }
      app2: "10.0.0.2:80"
  writer:
    role: writer
    check: { type: tcp }
    targets: { db1: "10.0.0.5:3306" }
`;

async function settings(text = CHECKD): Promise<LintSettings> {
  const loaded = await loadText(text, "checkd.yaml", { checkers, sources, outlets, registries }, {});
  if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
  return { pools: loaded.settings.pools, ports: loaded.settings.agent.ports, sharedPorts: [3300] };
}

const GOOD =
  'server app1 10.0.0.1:80 weight 100 check agent-check agent-addr 10.0.0.9 agent-port 3333 agent-inter 1s agent-send "web/app1\\n"';
const WRITER =
  'backend writer\n  server db1 10.0.0.5:3306 check init-state down agent-check agent-addr 10.0.0.9 agent-port 3300 agent-send "writer/db1\\n"\n';

/** Codes that lint finds in the lines of a backend `web`. */
async function codes(...lines: string[]): Promise<string[]> {
  const text = `defaults\n  mode tcp\nbackend web\n  ${lines.join("\n  ")}\n${WRITER}`;
  return lint(parseConfig(text), await settings()).map(({ code }) => code);
}

describe("lint of haproxy.cfg", () => {
  it("finds nothing wrong with what fits", async () => {
    expect(await codes("balance roundrobin", GOOD)).toEqual([]);
  });

  it.each([
    ["a port that is none of ours", [GOOD.replace("3333", "4444")], ["agent-port"]],
    ["a port that answers for another target", [GOOD.replace("app1 10", "app2 10")], ["agent-port"]],
    ["a server without agent-send beside others", [GOOD.replace(/ agent-send \S+$/, "")], ["agent-send"]],
    [
      "a shared port without agent-send",
      [GOOD.replace("3333", "3300").replace(/ agent-send \S+$/, "")],
      ["agent-send", "agent-send"],
    ],
    ["a name nobody knows", [GOOD.replace("3333", "3300").replace("web/app1", "web/app9")], ["unknown-name"]],
    ["a name nobody knows at a port of its own", [GOOD.replace("web/app1", "web/app9")], ["unknown-name"]],
    [
      "nothing in a server that is called otherwise at the address of its target",
      [GOOD.replace("app1 10", "s1 10")],
      [],
    ],
    ["addr", [GOOD.replace("agent-addr", "addr")], ["addr"]],
    ["no native check", [GOOD.replace(" check ", " ")], ["no-check"]],
    ["a slow agent-inter", [GOOD.replace("agent-inter 1s", "agent-inter 10s")], ["agent-inter"]],
    ["another weight than haproxy_weight", [GOOD.replace("weight 100", "weight 10")], ["weight", "weight"]],
    ["no weight at all", [GOOD.replace("weight 100 ", "")], ["weight", "weight"]],
    ["slowstart beside ramp", [`${GOOD} slowstart 10s`], ["slowstart"]],
    ["a static balance", ["balance static-rr", GOOD], ["balance"]],
    ["a map-based hash", ["balance source", GOOD], ["balance"]],
    ["a consistent hash", ["balance source", "hash-type consistent", GOOD], []],
    [
      "words of default-server",
      [
        "default-server check weight 100 agent-inter 1s",
        GOOD.replace(" check ", " ").replace("weight 100 ", "").replace("agent-inter 1s ", ""),
      ],
      [],
    ],
    ["a backend nobody has", ["# nothing"], []],
  ])("finds %s", async (_, lines, expected) => {
    expect(
      await codes(
        "balance roundrobin".repeat(lines.some((line) => line.startsWith("balance")) ? 0 : 1) || "# none",
        ...lines,
      ),
    ).toEqual(expected);
  });

  it("wants writers to start down, and every pool to have its section", async () => {
    const text =
      'listen writer\n  server db1 10.0.0.5:3306 check agent-check agent-addr 10.0.0.9 agent-port 3300 agent-send "writer/db1\\n"\n';
    expect(lint(parseConfig(text), await settings()).map(({ code, line }) => [code, line])).toEqual([
      ["unknown-backend", 1],
      ["init-state", 2],
    ]);
  });

  it("says what would be right where a section or a target is called otherwise", async () => {
    const misspelt = `backend we\n  mode tcp\n${WRITER}`;
    expect(lint(parseConfig(misspelt), await settings())).toEqual([
      {
        line: 1,
        code: "unknown-backend",
        text: "no backend or listen section is called web, as pool web wants; there are we, writer",
        mend: "web instead of we, or change the name of pool web",
      },
    ]);
    const [missing] = lint(parseConfig(`defaults\n  mode tcp\n${WRITER}`), await settings());
    expect(missing).toMatchObject({ line: 3, mend: expect.stringContaining("add a section `backend web`") });
    for (const { line, text } of lint([], await settings())) {
      expect(line).toBe(1);
      expect(text).toMatch(/as pool (web|writer) wants; there is none$/);
    }
    const [name] = lint(
      parseConfig(`backend web\n  ${GOOD.replace("web/app1", "wbe/app1")}\n${WRITER}`),
      await settings(),
    );
    expect(name).toMatchObject({ line: 2, code: "unknown-name", mend: 'did you mean "web/app1\\n"?' });
  });

  it("knows a pool by the questions of its servers, whatever their section is called", async () => {
    const line = GOOD.replace("weight 100", "weight 10");
    const text = `backend shop\n  ${line}\nbackend db\n  ${WRITER.split("\n")[1]}\n`;
    expect(lint(parseConfig(text), await settings()).map(({ code }) => code)).toEqual(["weight", "weight"]);
  });

  it("says each finding with its line and its mend", async () => {
    const [finding] = lint(
      parseConfig(`backend web\n\n  ${GOOD.replace("agent-addr", "addr")}\n${WRITER}`),
      await settings(),
    );
    expect(finding).toMatchObject({ line: 3, code: "addr", mend: "write agent-addr instead of addr" });
  });

  it.each([
    ['server a 1:2 agent-send "x y\\n" # comment', ["server", "a", "1:2", "agent-send", "x y\n"]],
    ["a 'b \\n c' d", ["a", "b \\n c", "d"]],
    ["a\\ b c", ["a b", "c"]],
    ["", []],
  ])("splits %j as HAProxy does", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it("knows the names that a server-template makes", () => {
    const [section] = parseConfig(
      "backend web\n server-template web 1-3 127.0.0.1:1 check\n server-template s 2 127.0.0.1:1\n",
    );
    expect(section && serversIn(section).map(({ names }) => names)).toEqual([
      ["web1", "web2", "web3"],
      ["s1", "s2"],
    ]);
  });

  it.each([
    ["tcp-check expect", "option tcp-check\n  tcp-check expect string role:master", []],
    ["http-check expect", "option httpchk\n  http-check expect status 200", []],
    ["mysql-check, which knows no roles", "option mysql-check user x", ["init-state"]],
  ])("takes a native check of the role for a writer's safe start: %s", async (_, lines, expected) => {
    const text = `backend web\n  ${GOOD}\nbackend writer\n  ${lines}\n  ${WRITER.split("\n")[1]?.replace("init-state down ", "")}\n`;
    expect(lint(parseConfig(text), await settings()).map(({ code }) => code)).toEqual(expected);
  });

  it("finds a target with a port of its own that nobody asks", async () => {
    expect(await codes("server app1 10.0.0.1:80 weight 100 check", "server app2 10.0.0.2:80 check")).toEqual([
      "no-agent-check",
    ]);
  });

  it("takes balance and default-server from the defaults section, by name too", async () => {
    const head =
      "defaults one\n  balance static-rr\n  default-server check weight 100 agent-inter 9s\ndefaults two\n  mode tcp\n";
    const line = GOOD.replace(" check ", " ").replace("weight 100 ", "").replace("agent-inter 1s ", "");
    const text = `${head}backend web from one\n  ${line}\n${WRITER}`;
    expect(lint(parseConfig(text), await settings()).map(({ code }) => code)).toEqual(["balance", "agent-inter"]);
  });

  describe("of slots", () => {
    const SLOTS = `
pools:
  web:
    check: { type: tcp }
    source: { type: mysql, primary: "10.0.0.1:3306", user: u, password: p }
    runtime: { sockets: [/run/h.sock, 10.0.0.1:9000, "@1 /run/master.sock"], slots: "{pool}1..3", state_file: /run/state }
`;
    const FINE = [
      "global",
      "  stats socket unix@/run/h.sock mode 600 level admin",
      "  server-state-file /run/state",
      "defaults",
      "  load-server-state-from-file global",
      "backend web",
      "  server-template web 1-3 localhost:1 check disabled",
    ];
    const found = async (lines: readonly string[]) =>
      lint(parseConfig(lines.join("\n")), await settings(SLOTS)).map(({ code, line }) => `${line} ${code}`);

    it("finds nothing wrong with what fits", async () => {
      expect(await found(FINE)).toEqual([]);
    });

    it.each([
      ["too few server lines", 6, "  server-template web 1-2 localhost:1 check disabled", ["6 unknown-name"]],
      ["slots that start enabled", 6, "  server-template web 1-3 localhost:1 check", ["7 slot-enabled"]],
      [
        "slots whose address no state file restores",
        6,
        "  server-template web 1-3 0.0.0.0:0 check disabled",
        ["7 state-address"],
      ],
      ["a state file that is not loaded", 4, "  mode http", ["6 state-file"]],
      ["no state file", 2, "  maxconn 5", ["1 state-file"]],
      ["a socket of level operator", 1, "  stats socket /run/h.sock level operator", ["2 socket-level"]],
      ["a socket without level", 1, "  stats socket /run/h.sock", ["2 socket-level"]],
      ["no socket", 1, "  stats socket /run/other.sock level admin", ["1 no-socket"]],
    ])("finds %s", async (_, at, line, expected) => {
      expect(await found(FINE.with(at, line))).toEqual(expected);
    });
  });

  it("finds what can be seen in haproxy.cfg alone when there is no checkd.yaml", () => {
    const lines = ["server app1 10.0.0.1:80 check agent-check", "server app2 10.0.0.2:80 check"];
    const found = lint(parseConfig(`backend web\n  ${lines.join("\n  ")}\n`), null);
    expect(found.map(({ code, line }) => [line, code])).toEqual([[2, "no-agent-port"]]);
  });

  it("has nothing to say of a file without agents", () => {
    const file = fileURLToPath(new URL("../fixtures/proxyzoo/expected.cfg", import.meta.url));
    expect(lint(parseConfig(readFileSync(file, "utf8")), null)).toEqual([]);
  });
});
