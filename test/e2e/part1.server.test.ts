import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { HAPROXY_DEFAULTS, HAPROXY_VERSIONS, type Haproxy, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, tempDir, until } from "../servers/process.ts";
import { askAgent, run, startCheckd } from "./checkd.ts";
import { startWeb, type Web } from "./part1-web.ts";
import { type Watcher, watch } from "./watcher.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};

const check = { type: "http-content", contains: "test me" };

const aWeb = async (): Promise<Web> => keep(await startWeb());
const webs = (count: number): Promise<readonly Web[]> => Promise.all(Array.from({ length: count }, aWeb));

/** A HAProxy with one backend `b`. */
async function haproxyWith(servers: readonly string[], version = HAPROXY_VERSIONS[0], settings = ""): Promise<Haproxy> {
  const lines = servers.map((line) => `  server ${line}\n`).join("");
  const config = `${HAPROXY_DEFAULTS}\nbackend b\n  balance roundrobin\n${settings}${lines}`;
  return keep(await startHaproxy({ ...(version === undefined ? {} : { version }), config }));
}

const shows = (haproxy: Haproxy, server: string, status: string, ms?: number): Promise<boolean> =>
  until(`b/${server} to be ${status}`, async () => (await haproxy.server(`b/${server}`)).status === status, ms);

const answersOf = async (haproxy: Haproxy, server: string, polls: number): Promise<ReadonlySet<string>> => {
  const seen = new Set<string>();
  for (let at = 0; at < polls; at++) {
    seen.add((await haproxy.server(`b/${server}`)).agent_status ?? "");
    await sleep(30);
  }
  return seen;
};

/** Whether a process with these arguments runs. */
function isRunning(argv: readonly string[]): boolean {
  const wanted = `${argv.join("\0")}\0`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8") === wanted;
      } catch {
        return false;
      }
    });
}

const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

describe("how HAProxy asks", () => {
  it.each(HAPROXY_VERSIONS)(
    "with agent-send and without, also side by side: all hear the same (HAProxy %s)",
    async (version) => {
      const web = await aWeb();
      const [shared, own] = [await freePort(), await freePort()];
      keep(
        await startCheckd({
          agent: { listen: `127.0.0.1:${shared}` },
          pools: { p80: { check, targets: { app1: { address: `127.0.0.1:${web.port}`, agent_port: own } } } },
        }),
      );
      const server = (name: string, port: number, send: string): string =>
        `${name} 127.0.0.1:${web.port} agent-check agent-inter 500ms agent-addr 127.0.0.1 agent-port ${port}${send}`;
      const sending = await haproxyWith([server("a", shared, ' agent-send "p80/app1\\n"')], version);
      const silent = await haproxyWith([server("a", own, "")], version);
      const both = await haproxyWith(
        [
          server("a", shared, ' agent-send "p80/app1\\n"'),
          server("c", own, ' agent-send "x\\n"'),
          server("d", own, ""),
        ],
        version,
      );
      const all = [
        [sending, "a"] as const,
        [silent, "a"] as const,
        ...["a", "c", "d"].map((name) => [both, name] as const),
      ];
      for (const [mood, status] of [
        ["broken", "DOWN (agent)"],
        ["ok", "no check"],
      ] as const) {
        web.mood = mood;
        await Promise.all(all.map(([haproxy, name]) => shows(haproxy, name, status)));
      }
      expect((await silent.server("b/a")).last_agt).toBe('via agent : up (200 with "test me")');
    },
  );

  it("as five processes at five phases: the server is asked once a max_age, and all hear of its end", async () => {
    const web = await aWeb();
    const shared = await freePort();
    keep(
      await startCheckd({
        agent: { listen: `0.0.0.0:${shared}` },
        pools: { p80: { check, max_age: "500ms", targets: { app1: `127.0.0.1:${web.port}` } } },
      }),
    );
    const all: Haproxy[] = [];
    for (let at = 1; at <= 5; at++) {
      // Each from an address of its own, as five hosts are.
      const config = `${HAPROXY_DEFAULTS}\nbackend b\n  source 127.0.4.${at}\n  server a 127.0.0.1:${web.port} agent-check agent-inter 400ms agent-addr 127.0.0.1 agent-port ${shared} agent-send "p80/app1\\n"\n`;
      all.push(keep(await startHaproxy({ config })));
      await sleep(80);
    }
    const [from, requests] = [performance.now(), web.requests()];
    await sleep(4000);
    const asked = web.requests() - requests;
    expect(asked).toBeLessThanOrEqual(Math.ceil((performance.now() - from) / 500) + 1);
    expect(asked).toBeGreaterThanOrEqual(4);
    web.mood = "broken";
    await Promise.all(all.map((each) => shows(each, "a", "DOWN (agent)")));
    web.mood = "ok";
    await Promise.all(all.map((each) => shows(each, "a", "no check")));
  });

  it("every 300 ms while the server hangs: the down is heard, and no poll goes unanswered", async () => {
    const web = await aWeb();
    const shared = await freePort();
    keep(
      await startCheckd({
        agent: { listen: `127.0.0.1:${shared}` },
        pools: { p80: { check, targets: { app1: `127.0.0.1:${web.port}` } } },
      }),
    );
    const haproxy = await haproxyWith([
      `a 127.0.0.1:${web.port} agent-check agent-inter 300ms agent-addr 127.0.0.1 agent-port ${shared} agent-send "p80/app1\\n"`,
    ]);
    await until("an answer", async () => (await haproxy.server("b/a")).agent_status === "L7OK");
    web.mood = "hung";
    const answers = new Set<string>();
    await until("the down", async () => {
      const { status, agent_status } = await haproxy.server("b/a");
      answers.add(agent_status ?? "");
      return status === "DOWN (agent)";
    });
    for (const answer of await answersOf(haproxy, "a", 50)) answers.add(answer);
    expect([...answers].sort()).toEqual(["L7OK", "L7STS"]);
    await until("the reason", async () => (await haproxy.server("b/a")).last_agt?.includes("no answer within 1s"));
  });
});

/** A daemon with a server that is down, one that is up, and a HAProxy that shows both. */
async function downAndUp(stateDir: string | null = null) {
  const [bad, good] = await webs(2);
  if (bad === undefined || good === undefined) throw new Error("no servers");
  bad.mood = "broken";
  const shared = await freePort();
  const config = {
    agent: { listen: `127.0.0.1:${shared}` },
    ...(stateDir === null ? {} : { state_dir: stateDir }),
    pools: {
      p80: {
        check,
        weight: { by: "status", curve: { 200: 40, 500: 40 } },
        haproxy_weight: 100,
        targets: { bad: `127.0.0.1:${bad.port}`, good: `127.0.0.1:${good.port}` },
      },
    },
  };
  const line = (name: string, { port }: Web): string =>
    `${name} 127.0.0.1:${port} weight 100 check inter 100ms agent-check agent-inter 200ms agent-addr 127.0.0.1 agent-port ${shared} agent-send "p80/${name}\\n"`;
  const checkd = await startCheckd(config);
  const haproxy = await haproxyWith([line("bad", bad), line("good", good)]);
  const settled = async (): Promise<boolean> => {
    await shows(haproxy, "bad", "DOWN (agent)");
    return until("the weight", async () => (await haproxy.server("b/good")).uweight === "40");
  };
  await settled();
  return { checkd, haproxy, config, settled, bad, good };
}

const allShown = (watcher: Watcher): readonly string[] => [...new Set(watcher.changes.map(({ all }) => all))];

describe("what HAProxy shows", () => {
  it("stays when checkd is killed, and when it starts again with its state", async () => {
    const stateDir = tempDir("state");
    const { checkd, haproxy, config } = await downAndUp(stateDir);
    stops.push(() => checkd.stop());
    await until("the state to be kept", () => readdirSync(stateDir).length > 0);
    await sleep(1500);
    const watcher = keep(watch([haproxy]));
    await until("a reading", () => watcher.now(0, "b") !== null);
    checkd.signal("SIGKILL");
    await checkd.exited;
    await until("checkd to be missed", async () => (await haproxy.server("b/good")).agent_status === "L4CON");
    await sleep(500);
    keep(await startCheckd(config));
    await until("an answer", async () => (await haproxy.server("b/good")).agent_status === "L7OK");
    await until("an answer", async () => (await haproxy.server("b/bad")).agent_status === "L7STS");
    await sleep(500);
    expect(allShown(watcher)).toHaveLength(1);
  });

  it("stays when checkd starts again without any state, but for what has changed meanwhile", async () => {
    const { checkd, haproxy, config, bad } = await downAndUp();
    stops.push(() => checkd.stop());
    const watcher = keep(watch([haproxy]));
    await until("a reading", () => watcher.now(0, "b") !== null);
    checkd.signal("SIGKILL");
    await checkd.exited;
    bad.mood = "ok";
    keep(await startCheckd(config));
    await shows(haproxy, "bad", "UP");
    await sleep(500);
    const goods = new Set(watcher.changes.map(({ all }) => all.replace(/bad[^,;]*/, "")));
    expect(goods.size, watcher.changes.map(({ all }) => all).join("\n")).toBeLessThanOrEqual(2);
    expect(watcher.changes.every(({ up }) => up.includes("good"))).toBe(true);
  });

  it("returns within a poll when HAProxy is reloaded", async () => {
    const { checkd, haproxy, settled } = await downAndUp();
    keep(checkd);
    const pid = haproxy.pid();
    await haproxy.reload();
    expect(haproxy.pid()).not.toBe(pid);
    await settled();
    expect(await haproxy.server("b/good")).toMatchObject({ status: "UP", uweight: "40" });
  });

  it("stays while checkd is stopped for 1.5 s with 50 healthy servers: no false down, nothing else", async () => {
    const all = await webs(5);
    const shared = await freePort();
    const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const portOf = (index: number): number => all[index % all.length]?.port ?? 0;
    const checkd = keep(
      await startCheckd({
        agent: { listen: `127.0.0.1:${shared}` },
        // Mean settings: one failure is enough.
        defaults: { every: "200ms", fast: "100ms", timeout: "800ms", fall: 1 },
        pools: {
          p80: { check, targets: Object.fromEntries(names.map((name, index) => [name, `127.0.0.1:${portOf(index)}`])) },
        },
      }),
    );
    const haproxy = await haproxyWith(
      names.map(
        (name, index) =>
          `${name} 127.0.0.1:${portOf(index)} agent-check agent-inter 200ms agent-addr 127.0.0.1 agent-port ${shared} agent-send "p80/${name}\\n"`,
      ),
    );
    await until("all to be up", async () => {
      const stat = await haproxy.stat();
      return names.every((name) => stat.get(`b/${name}`)?.last_agt?.startsWith("via agent : up"));
    });
    const watcher = keep(watch([haproxy], 20));
    for (let at = 0; at < 2; at++) {
      checkd.signal("SIGSTOP");
      await sleep(1500);
      checkd.signal("SIGCONT");
      await sleep(2500);
    }
    await until("all to be answered again", async () => {
      const stat = await haproxy.stat();
      return names.every((name) => stat.get(`b/${name}`)?.agent_status === "L7OK");
    });
    expect(watcher.changes.filter(({ up }) => up.length !== 50)).toEqual([]);
    expect(checkd.output()).not.toMatch(/: up -> down/);
    expect(checkd.output()).toContain("this process was stalled for");
  });
});

describe("a reload by SIGHUP", () => {
  const pool = (web: Web, port: number, contains = "test me") => ({
    check: { ...check, contains },
    targets: { a: { address: `127.0.0.1:${web.port}`, agent_port: port } },
  });

  it("takes a changed, a new and a removed pool; ports that stay are never closed, states are kept", async () => {
    const web = await aWeb();
    const [first, second, third] = [await freePort(), await freePort(), await freePort()];
    const checkd = keep(await startCheckd({ pools: { one: pool(web, first), two: pool(web, second) } }));
    await until("an up", async () => (await askAgent(first)).startsWith("up"));
    let asked = 0;
    const bad: string[] = [];
    let over = false;
    const poller = (async () => {
      for (; !over; await sleep(5)) {
        const answer = await askAgent(first).catch((error: Error) => error.message);
        asked += 1;
        if (!/^up #.*\n$/.test(answer)) bad.push(answer);
      }
    })();
    const told = await checkd.reload({ pools: { one: pool(web, first, "this is"), three: pool(web, third) } });
    expect(told).toContain("reloaded");
    await until("the new pool", async () => (await askAgent(third)).startsWith("up"));
    await expect(askAgent(second)).rejects.toThrow("ECONNREFUSED");
    await until("polls", () => asked > 100);
    over = true;
    await poller;
    expect(bad).toEqual([]);
    await checkd.reload({ pools: { one: pool(web, first, "nowhere") } });
    await until("the changed check", async () => /^down #.*nowhere/.test(await askAgent(first)));
  });

  it("many times at once comes to the newest file", async () => {
    const web = await aWeb();
    const port = await freePort();
    const checkd = keep(await startCheckd({ pools: { one: pool(web, port) } }));
    for (let at = 0; at < 50; at++) {
      writeFileSync(
        `${checkd.conf}.new`,
        JSON.stringify({ pools: { one: pool(web, port, at === 49 ? "nowhere" : "test me") } }),
      );
      renameSync(`${checkd.conf}.new`, checkd.conf);
      checkd.signal("SIGHUP");
      await sleep(5);
    }
    await until("the newest file", async () => /^down #.*nowhere/.test(await askAgent(port)));
    expect(checkd.output()).not.toContain("ERROR");
  });

  it.each([
    ["that is no YAML", "pools: {{", /:1:\d+: /],
    ["with unknown words", { pools: { one: { check, targts: {} } } }, /targts.*did you mean "targets"/],
  ])("changes nothing for a file %s, and says what is wrong", async (_, text, problem) => {
    const web = await aWeb();
    const port = await freePort();
    const checkd = keep(await startCheckd({ pools: { one: pool(web, port) } }));
    await until("an up", async () => (await askAgent(port)).startsWith("up"));
    const told = await checkd.reload(text);
    expect(told).toMatch(problem);
    expect(told).toContain("everything goes on as before");
    web.mood = "broken";
    await until("the probes to go on", async () => (await askAgent(port)).startsWith("down"));
  });

  it("changes nothing when a new port is taken: what runs goes on, and nothing of the new is left", async () => {
    const web = await aWeb();
    const [port, free, taken] = [await freePort(), await freePort(), await freePort()];
    const other = createServer().listen(taken, "0.0.0.0");
    stops.push(() => new Promise((done) => other.close(done)));
    const checkd = keep(await startCheckd({ pools: { one: pool(web, port) } }));
    const told = await checkd.reload({ pools: { one: pool(web, port), two: pool(web, free), six: pool(web, taken) } });
    expect(told).toContain(`agent_port of six/a: 0.0.0.0:${taken} is taken by another program`);
    await until("an up", async () => (await askAgent(port)).startsWith("up"));
    await expect(askAgent(free)).rejects.toThrow("ECONNREFUSED");
  });
});

describe("the process", () => {
  it("ends within 2 s of SIGTERM, whatever hangs; until then polls are answered whole, and then refused", async () => {
    const [web] = await webs(1);
    if (web === undefined) throw new Error("no server");
    web.mood = "hung";
    const [own, shared] = [await freePort(), await freePort()];
    const argv = ["/bin/sleep", `${60 + shared / 1e5}`];
    const slow = { type: "exec", argv };
    const checkd = keep(
      await startCheckd({
        agent: { listen: `127.0.0.1:${shared}` },
        defaults: { timeout: "30s", every: "30s" },
        pools: {
          p80: { check, targets: { a: { address: `127.0.0.1:${web.port}`, agent_port: own } } },
          slow: { check: slow, targets: { s: "127.0.0.1:1" } },
        },
      }),
    );
    await until("the probes to hang", () => web.requests() > 0 && isRunning(argv));
    const idle = connect(shared, "127.0.0.1").on("error", () => {});
    await until("a connection", () => !idle.connecting);
    const answers = new Set<string>();
    let over = false;
    const poller = (async () => {
      while (!over) answers.add(await askAgent(own).catch((error: Error) => error.message.replace(/ .*/, "")));
    })();
    await until("polls", () => answers.size > 0);
    const from = performance.now();
    checkd.signal("SIGTERM");
    expect(await checkd.exited).toBe(0);
    expect(performance.now() - from).toBeLessThan(2000);
    await until("a refusal", () => answers.has("connect"));
    over = true;
    await poller;
    // A connection that the kernel took, and no process from it, ends as a refusal does: without a byte.
    expect([...answers].filter((answer) => answer !== "read").sort()).toEqual(["# no verdict yet\n", "connect"]);
    expect(checkd.output()).toContain("SIGTERM: stopping");
    expect(isRunning(argv)).toBe(false);
  });

  it("does not start when a port is taken: it names pool, target and port, and holds no other", async () => {
    const web = await aWeb();
    const [free, taken] = [await freePort(), await freePort()];
    const other = createServer().listen(taken, "0.0.0.0");
    stops.push(() => new Promise((done) => other.close(done)));
    const address = `127.0.0.1:${web.port}`;
    const config = {
      pools: { p80: { check, targets: { a: { address, agent_port: free }, b: { address, agent_port: taken } } } },
    };
    const conf = join(tempDir("conf"), "checkd.yaml");
    writeFileSync(conf, JSON.stringify(config));
    const { code, stdout, stderr } = await run(["run", "--conf", conf]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain(
      `checkd cannot start: agent_port of p80/b: 0.0.0.0:${taken} is taken by another program (EADDRINUSE)`,
    );
    await expect(askAgent(free)).rejects.toThrow("ECONNREFUSED");
  });

  it("lives on 20 s of polls every 20 ms, with and without agent-send, and gains no descriptor", async () => {
    const web = await aWeb();
    const [own, shared] = [await freePort(), await freePort()];
    const checkd = keep(
      await startCheckd({
        agent: { listen: `127.0.0.1:${shared}` },
        pools: { p80: { check, targets: { a: { address: `127.0.0.1:${web.port}`, agent_port: own } } } },
      }),
    );
    const line = (port: number, send: string): string =>
      `a 127.0.0.1:${web.port} agent-check agent-inter 20ms agent-addr 127.0.0.1 agent-port ${port} ${send}`;
    await until("the first verdict", async () => (await askAgent(own)).startsWith("up"));
    await sleep(1000);
    const before = descriptors(checkd.pid);
    // Without it a poll may take no longer than agent-inter, which a busy machine does not always hold.
    const patient = "  timeout check 2s\n";
    const all = [
      await haproxyWith([line(own, "")], "2.6", patient),
      await haproxyWith([line(shared, 'agent-send "p80/a\\n"')], "3.0", patient),
    ];
    await sleep(20_000);
    // The newest poll of a busy machine may be one that ran into HAProxy's own deadline.
    for (const each of all)
      await until("an answer", async () => (await each.server("b/a")).last_agt?.includes("via agent : up"));
    await Promise.all(all.map((each) => each.stop()));
    await until("all to be closed", () => descriptors(checkd.pid) <= before);
    expect(await askAgent(own)).toBe('up #200 with "test me"\n');
  });
});
