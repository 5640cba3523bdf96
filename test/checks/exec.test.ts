import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { exec } from "../../checks/exec.ts";
import { createPlaces } from "../../checks/lib/exec/places.ts";
import { describeError, type Observation, type Probe, type Target } from "../../src/index.ts";
import { question, settled, TIME_IS_UP, targetAt, testEnv } from "../contract/checker-bench.ts";
import { sleep, until } from "../servers/process.ts";

const dir = mkdtempSync(join(tmpdir(), "checkd-exec-"));
const probes: Probe[] = [];
afterEach(async () => {
  for (const probe of probes.splice(0)) await probe.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const AT = targetAt({ host: "10.0.0.7", port: 8080 });
const FOREVER = 10_000;

function probeOf(options: Readonly<Record<string, unknown>>, target: Target = AT): Probe {
  const probe = exec.create(exec.options.parse(options), testEnv()).open(target, () => {});
  probes.push(probe);
  return probe;
}

const sh = (script: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  argv: ["sh", "-c", script],
  ...more,
});

async function seen(options: Readonly<Record<string, unknown>>, target: Target = AT): Promise<Observation> {
  return (await question(probeOf(options, target), FOREVER)).seen;
}

function file(name: string, text = ""): string {
  const made = join(dir, name);
  writeFileSync(made, text);
  return made;
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for yet is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

const pidIn = async (path: string): Promise<number> =>
  Number(await until("a pid", () => (readFileSync(path, "utf8").endsWith("\n") ? readFileSync(path, "utf8") : "")));

/** Asks, and lets the deadline come when the program is known to be as far as the test wants it. */
async function cutOff(probe: Probe, ready: () => Promise<unknown>): Promise<string> {
  const controller = new AbortController();
  const asked = probe.ask(controller.signal).then(
    () => "an answer",
    (error: unknown) => describeError(error),
  );
  await ready();
  controller.abort(new Error(TIME_IS_UP));
  return Promise.race([asked, sleep(50).then(() => "nothing within 50 ms")]);
}

describe("what a program is given", () => {
  it("is arguments without a shell, filled in for the target", async () => {
    const argv = ["printf", "%s|", "{name}", "{host}:{port}", "$HOME", "{unknown}", "a b"];
    expect(await seen({ argv })).toMatchObject({ reason: "app1|10.0.0.7:8080|$HOME|{unknown}|a b|" });
  });

  it("is a part of our environment, HAProxy's names, and its own variables", async () => {
    process.env.CHECKD_TEST_SECRET = "hunter2";
    const out = file("environment");
    const env = { WHO: "{name}", PASSWORD: "hunter3" };
    expect(await seen(sh(`env > ${out}`, { env }))).toMatchObject({ outcome: "pass" });
    delete process.env.CHECKD_TEST_SECRET;
    const lines = readFileSync(out, "utf8").split("\n");
    const wanted = ["HAPROXY_SERVER_NAME=app1", "HAPROXY_SERVER_ADDR=10.0.0.7", "HAPROXY_SERVER_PORT=8080"];
    expect(lines).toEqual(
      expect.arrayContaining([...wanted, "WHO=app1", "PASSWORD=hunter3", `PATH=${process.env.PATH}`]),
    );
    expect(lines.join()).not.toContain("hunter2");
  });

  it("is its folder, and no input", async () => {
    expect(await seen(sh("pwd; cat", { cwd: "/" }))).toMatchObject({ outcome: "pass", reason: "/" });
  });

  it("never shows a variable's value", () => {
    expect(JSON.stringify(exec.options.parse({ argv: ["x"], env: { PASSWORD: "hunter3" } }))).not.toContain("hunter3");
  });

  it("is no switch made of a discovered address", async () => {
    const target = targetAt({ host: "-oProxyCommand=x", port: 22 });
    expect(await seen({ argv: ["ssh", "{host}"] }, target)).toMatchObject({
      outcome: "unknown",
      reason: '"-oProxyCommand=x" from the target\'s name or address would be a switch of the program',
    });
    expect(await seen({ argv: ["echo", "-H{host}"] }, target)).toMatchObject({ outcome: "pass" });
  });
});

describe("what comes back", () => {
  it("is the exit status and the first line", async () => {
    expect(await seen(sh("echo broken; exit 3"))).toMatchObject({
      outcome: "fail",
      reason: "exit 3: broken",
      facts: { exitCode: 3, latencyMs: expect.any(Number) },
    });
  });

  it("is all that was printed, also just before the end", async () => {
    const script = "i=0; while [ $i -lt 500 ]; do echo 0123456789; i=$((i+1)); done; echo last | cat >&2; exit 2";
    for (let n = 0; n < 5; n++) expect(await seen(sh(script))).toMatchObject({ reason: "exit 2: 0123456789" });
    expect(await seen(sh("printf 'up 30%% #slow'", { protocol: "agent" }))).toMatchObject({
      outcome: "pass",
      weight: 30,
    });
  });

  it("is an agent's first line, whether or not the program has ended", async () => {
    const options = sh("echo 'down #no'; sleep 60", { protocol: "agent" });
    expect(await seen(options)).toMatchObject({ outcome: "fail", reason: "no", facts: { exitCode: null } });
  });

  it("is what the script of xinetd printed", async () => {
    const script =
      '#!/bin/bash\n\nprintf "test me" |grep "test me" >/dev/null 2>&1\n[ $? == 0 ] && echo "up" || echo "down"\n';
    const path = file("haproxy-chk-3333.sh", script);
    chmodSync(path, 0o755);
    expect(await seen({ argv: [path], protocol: "agent" })).toMatchObject({
      outcome: "pass",
      reason: "the program says up",
    });
    writeFileSync(path, script.replace('"test me" |', '"broken" |'));
    expect(await seen({ argv: [path], protocol: "agent" })).toMatchObject({
      outcome: "fail",
      reason: "the program says down",
    });
  });

  it("is a script's words even if it names no interpreter", async () => {
    const path = file("plain", "echo down\n");
    chmodSync(path, 0o755);
    expect(await seen({ argv: [path], protocol: "agent" })).toMatchObject({ outcome: "fail" });
  });

  it.each([
    ["what it leaves running in the background does not hold up the answer", "sleep 60 & echo $! >&2; exit 1"],
    ["nor does what ignores TERM", "sh -c 'trap \"\" TERM; sleep 60' & echo $! >&2; exit 1"],
  ])("%s", async (_, script) => {
    const { outcome, reason } = await seen(sh(script));
    expect(outcome).toBe("fail");
    const pid = Number(/exit 1: (\d+)/.exec(reason)?.[1]);
    await until("the rest to be dead", () => !alive(pid));
  });
});

describe("what is our own fault", () => {
  it.each([
    [
      "a program that is not there",
      { argv: ["/nonexistent/check"] },
      "/nonexistent/check: no such program, or its #! interpreter is missing",
    ],
    ["a folder that is not there", { argv: ["true"], cwd: "/nonexistent" }, "cwd /nonexistent is no folder"],
    [
      "a program that is not executable",
      { argv: ["/etc/passwd"] },
      "/etc/passwd: not executable, or a folder of its path is closed to us",
    ],
    ["a crash", sh("kill -SEGV $$"), "the program was killed by SIGSEGV"],
    ["a shell that finds no program", sh("nonexistent-program"), /^the program failed, exit 127: .*not found/],
    ["arguments beyond all measure", { argv: ["true", "x".repeat(3_000_000)] }, "true cannot be started: spawn E2BIG"],
  ])("%s", async (_, options, words) => {
    const { outcome, reason } = await seen(options);
    expect(outcome).toBe("unknown");
    if (typeof words === "string") expect(reason).toBe(words);
    else expect(reason).toMatch(words);
  });

  it("a flood of output: the program is killed, and its place is free", async () => {
    expect(await seen({ argv: ["yes"], max_output: "4kb" })).toMatchObject({
      outcome: "unknown",
      reason: "the program printed more than max_output and was killed",
    });
    expect(await seen({ argv: ["yes", "up"], protocol: "agent", max_output: "4kb" })).toMatchObject({
      outcome: "pass",
    });
  });
});

describe("at the deadline", () => {
  it("the whole process group is ended", async () => {
    const path = file("child");
    const probe = probeOf(sh(`sleep 61 & echo $! > ${path}; sleep 62`));
    const why = await cutOff(probe, () => pidIn(path));
    expect(why).toBe(`the program did not end: ${TIME_IS_UP}`);
    const pid = await pidIn(path);
    await until("the child of the program to be dead", () => !alive(pid));
  });

  it("what was printed so far is told", async () => {
    const path = file("started");
    const probe = probeOf(sh(`echo half an answer; echo $$ > ${path}; sleep 60`));
    const why = await cutOff(probe, () => pidIn(path).then(settled));
    expect(why).toBe(`the program did not end after it printed "half an answer": ${TIME_IS_UP}`);
  });

  it("TERM is asked first, KILL comes a little later, and the next run waits for the death", async () => {
    const path = file("stubborn");
    const log = file("stubborn.log");
    const script = `trap 'echo TERM >> ${log}' TERM; echo $$ > ${path}; while :; do sleep 0.05; done`;
    const probe = probeOf({ argv: ["bash", "-c", script] });
    await cutOff(probe, () => pidIn(path));
    const pid = await pidIn(path);
    expect(alive(pid)).toBe(true);
    // Not dead yet: this question ends as our own fault, and starts nothing.
    const second = await question(probe, 20);
    const why = `the former run of the program (pid ${pid}) is not dead yet: ${TIME_IS_UP}`;
    expect(second).toMatchObject({ overdue: false, seen: { outcome: "unknown", reason: why } });
    await until("KILL", () => !alive(pid));
    expect(readFileSync(log, "utf8")).toBe("TERM\n");
    file("stubborn");
    await cutOff(probe, () => pidIn(path));
    expect(await pidIn(path)).not.toBe(pid);
  });

  it("a program that has told its line is ended by the next question only", async () => {
    const path = file("late");
    const probe = probeOf(sh(`echo $$ >> ${path}; echo up; sleep 60`, { protocol: "agent" }));
    expect((await question(probe, FOREVER)).seen.outcome).toBe("pass");
    const pid = Number(readFileSync(path, "utf8"));
    expect(alive(pid)).toBe(true);
    expect((await question(probe, FOREVER)).seen.outcome).toBe("pass");
    expect(alive(pid)).toBe(false);
    const [, next] = readFileSync(path, "utf8").trim().split("\n").map(Number);
    await probe.close();
    expect(alive(next ?? 0)).toBe(false);
  });
});

describe("places", () => {
  it("are waited for in turn, and waiting counts toward the deadline", async () => {
    const busy = Array.from({ length: 2 }, () => probeOf(sh("sleep 60", { max_children: 2 })));
    const running = busy.map((probe) => question(probe, 700));
    const late = await question(probeOf(sh("exit 0", { max_children: 2 })), 150);
    expect(late).toMatchObject({
      overdue: false,
      seen: {
        outcome: "unknown",
        reason: "2 check programs run, max_children is 2: no place for another: no answer in time",
      },
    });
    expect(await seen(sh("exit 0", { max_children: 3 }))).toMatchObject({ outcome: "pass" });
    expect(await seen(sh("exit 0", { max_children: 2 }))).toMatchObject({ outcome: "pass" });
    await Promise.all(running);
  });

  it("are given back by whoever could not start", async () => {
    for (let n = 0; n < 5; n++) await seen({ argv: ["/nonexistent/check"], max_children: 1 });
    expect(await seen(sh("exit 0", { max_children: 1 }))).toMatchObject({ outcome: "pass" });
  });

  it("go to the first who may take one, and are left once only", async () => {
    const places = createPlaces();
    const { signal } = new AbortController();
    const order: string[] = [];
    const leave = await places.enter(1, signal);
    const enter = (name: string, limit: number): Promise<() => void> =>
      places.enter(limit, signal).then((out) => {
        order.push(name);
        return out;
      });
    const waiting = [enter("first", 1), enter("second", 1)];
    const other = await enter("roomy", 2);
    other();
    leave();
    leave();
    const next = await waiting[0];
    expect({ order, taken: places.taken() }).toEqual({ order: ["roomy", "first"], taken: 1 });
    next?.();
    (await waiting[1])?.();
    expect({ order, taken: places.taken() }).toEqual({ order: ["roomy", "first", "second"], taken: 0 });
  });
});

describe("bad options", () => {
  it.each([
    [{}, "write a list"],
    [{ argv: "curl -s x | grep y" }, "write a list"],
    [{ argv: [] }, "names no program"],
    [{ argv: [""] }, "names no program"],
    [{ argv: ["a\0b"] }, "NUL byte"],
    [{ argv: ["x"], env: { "A-B": "x" } }, "is no name of a variable"],
    [{ argv: ["x"], env: { A: "x\0" } }, "NUL byte"],
    [{ argv: ["x"], protocol: "text" }, "protocol"],
    [{ argv: ["x"], max_children: 0 }, "max_children"],
    [{ argv: ["x"], shell: true }, "shell"],
  ])("%j", (options, words) => {
    expect(JSON.stringify(exec.options.safeParse(options).error?.issues ?? [])).toContain(words);
  });
});
