import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { importXinetd } from "../../../src/config/import/xinetd.ts";
import { loadObject, loadText } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { fakes } from "../fakes.ts";

const folder = mkdtempSync(join(tmpdir(), "checkd-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** The service file of the tutorial. */
const TUTORIAL = `# default: on
# description: haproxy-chk-3333 socket server
service haproxy-chk-3333
{
    disable = no
    flags = REUSE
    socket_type = stream
    wait = no
    port = 3333
    user = root
    server = /usr/local/bin/haproxy-chk-3333.sh
    log_on_failure += USERID
}
`;

function imported(path: string) {
  const result = importXinetd(path);
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.imported;
}
const refused = (path: string): readonly string[] => {
  const result = importXinetd(path);
  return "problems" in result ? result.problems.map((p) => formatProblem(p).replaceAll(`${folder}/`, "")) : [];
};
const service = (name: string, lines: string): string => `service ${name}\n{\n${lines}\n}\n`;
const serves = "server = /bin/check\nport = 3333\nwait = no";

describe("import of the tutorial's service", () => {
  const { config, yaml } = imported(put("tutorial", TUTORIAL));

  it("runs the script at each poll and answers on its port", () => {
    expect(config).toEqual({
      pools: {
        "haproxy-chk-3333": {
          check: {
            type: "exec",
            argv: ["/usr/local/bin/haproxy-chk-3333.sh"],
            protocol: "agent",
            every: "10s",
            fast: "100ms",
            timeout: "2s",
            rise: 1,
            fall: 1,
          },
          max_age: 0,
          targets: { server1: { address: "127.0.0.1:3333", agent_port: 3333 } },
        },
      },
    });
  });

  it("prints the same configuration, with a word about the user", () => {
    expect(parse(yaml)).toEqual(config);
    expect(yaml).toContain("# user = root: checkd runs the script as its own user");
  });

  it("loads, from text and as an object", async () => {
    for (const loaded of [
      await loadText(yaml, "checkd.yaml", fakes, {}),
      await loadObject(config, "xinetd", fakes, {}),
    ]) {
      if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
      expect(loaded.settings.agent.ports).toEqual([
        { pool: "haproxy-chk-3333", target: "server1", host: "0.0.0.0", port: 3333 },
      ]);
      expect(loaded.settings.pools[0]?.checks[0]?.policy).toMatchObject({ maxAgeMs: 0, fastMs: 100, rise: 1, fall: 1 });
    }
  });
});

describe("import of other services", () => {
  it("takes arguments, environment, address and peers over", () => {
    const path = put(
      "rich",
      service(
        "chk",
        `${serves}\nserver_args = -H 10.0.0.1 -p 80\nenv = A=b C=d=e\nbind = 127.0.0.1\nonly_from = 10.1.0.0 192.168.1.5\nonly_from += 172.16.0.0/12 fd00::1 .example.com`,
      ),
    );
    const { config, yaml } = imported(path);
    expect(config).toMatchObject({
      agent: { allow: ["10.1.0.0/16", "192.168.1.5/32", "172.16.0.0/12", "fd00::1/128"] },
      pools: {
        chk: {
          check: { argv: ["/bin/check", "-H", "10.0.0.1", "-p", "80"], env: { A: "b", C: "d=e" } },
          targets: { server1: { agent_port: "127.0.0.1:3333" } },
        },
      },
    });
    expect(yaml).toContain("# only_from .example.com: names are not taken over, write the address.");
  });

  it.each([
    ["instances = 10", "# instances = 10: one script a target runs at a time"],
    ["cps = 25 30", "# cps = 25 30: polls share one run"],
    ["access_times = 8:00-18:00", "# access_times = 8:00-18:00: not taken over."],
  ])("says what becomes of %s", (line, comment) => {
    expect(imported(put("noted", service("chk", `${serves}\n${line}`))).yaml).toContain(comment);
  });

  it.each([
    ["disable = yes", "disable = yes"],
    ["type = INTERNAL", "built into xinetd"],
    ["socket_type = dgram", "socket_type dgram is no TCP"],
    ["protocol = udp", "socket_type stream is no TCP"],
    ["redirect = 10.0.0.1 80", "redirect is a proxy, no check"],
    ["only_from =", "only_from is empty: nobody may ask"],
  ])("leaves out a service with %s and says so", (line, why) => {
    const file = service("good", serves) + service("bad", `${serves}\n${line}`);
    const { config, yaml } = imported(put("left", file));
    expect(Object.keys(config.pools as object)).toEqual(["good"]);
    expect(yaml).toContain(`# Left out: bad (${why}).`);
  });

  it("merges defaults, with += and -=", () => {
    const text = `defaults\n{\n  only_from = 10.0.0.1 10.0.0.2\n  disabled = off\n}\n${service("a", `${serves}\nonly_from += 10.0.0.3\nonly_from -= 10.0.0.1`)}${service("off", serves)}`;
    const { config, yaml } = imported(put("merged", text));
    expect(config.agent).toEqual({ allow: ["10.0.0.2/32", "10.0.0.3/32"] });
    expect(yaml).toContain("# Left out: off (disabled in defaults).");
  });

  it("never opens what was restricted to names", () => {
    expect(imported(put("names", service("a", `${serves}\nonly_from = lb.example.com`))).config.agent).toEqual({
      allow: ["127.0.0.1/32"],
    });
  });

  it("says where a list of peers could not be kept, because others have none", () => {
    const { config, yaml } = imported(
      put("mixed", service("a", `${serves}\nonly_from = 10.0.0.1`) + service("b", serves.replace("3333", "3334"))),
    );
    expect(config.agent).toBeUndefined();
    expect(yaml).toContain("# only_from = 10.0.0.1: not taken over, other services have none; see agent.allow.");
  });

  it("finds a well-known port by the service's name", () => {
    const services = put("services", "chk-udp 1/udp\nhaproxy-chk 3334/tcp chk # a comment\n");
    const result = importXinetd(put("named", service("chk", "server = /bin/check\nwait = no")), services);
    expect("imported" in result && result.imported.config).toMatchObject({
      pools: { chk: { targets: { server1: { agent_port: 3334 } } } },
    });
  });

  it("reads a folder as xinetd does: no dots, no tildes", () => {
    const dir = join(folder, "xinetd.d");
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "one"), service("one", serves));
    writeFileSync(join(dir, "two.bak"), service("two", serves));
    writeFileSync(join(dir, "three~"), service("three", serves));
    const conf = put("xinetd.conf", `defaults\n{\n}\nincludedir ${dir}\n`);
    for (const path of [dir, conf]) expect(Object.keys(imported(path).config.pools as object)).toEqual(["one"]);
  });
});

describe("a service file with slips", () => {
  it.each([
    ["no-server", service("chk", "port = 3333"), "no-server:1:1: chk: has no server (server = /path/of/the/script)"],
    [
      "no-port",
      service("no-such-service", "server = /bin/x"),
      "no-port:1:1: no-such-service: has no port (port = 3333, or a line no-such-service 3333/tcp in /etc/services)",
    ],
    [
      "bad-word",
      service("chk", `${serves}\nsever = x`),
      'bad-word:6:1: chk: unknown attribute "sever" (did you mean "server"?)',
    ],
    [
      "no-value",
      service("chk", `${serves}\nserver`),
      'no-value:6:1: chk: "server" is no attribute (write name = value)',
    ],
    ["open", "service chk\n{\nport = 1\n", "open:1:1: chk: the section is not closed (write } on a line of its own)"],
    [
      "noise",
      "servce chk\n",
      'noise:1:1: "servce chk" is nothing xinetd knows here (service NAME, defaults, include or includedir)',
    ],
    [
      "twice",
      service("a", serves) + service("a", serves),
      "twice:7:1: a: this service stands twice (set id in one of them)",
    ],
    ["empty", "# nothing\n", "empty: there is no service to take over"],
  ])("%s", (name, text, problem) => {
    expect(refused(put(name, text))).toContain(problem);
  });

  it("that is not there says so", () => {
    expect(refused(join(folder, "gone"))[0]).toMatch(/^gone: cannot be read: ENOENT/);
  });

  it("and only disabled services says which", () => {
    expect(refused(put("off", service("chk", `${serves}\ndisable = yes`)))).toEqual([
      "off: there is no service to take over (Left out: chk (disable = yes).)",
    ]);
  });
});
