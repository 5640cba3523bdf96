import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ROOT } from "../../scripts/steps.mjs";
import { type Running, start, tempDir, until } from "../servers/process.ts";

/** The built daemon on a configuration of a test. */
export interface Checkd extends Running {
  readonly conf: string;
  /** Writes the configuration anew and asks for a reload; resolves when it is taken or refused. */
  reload(config: object | string): Promise<string>;
}

/** Path of a built program. */
export const program = (name = "checkd"): string => join(ROOT, "dist", `${name}.js`);

const text = (config: object | string): string =>
  typeof config === "string" ? config : JSON.stringify(config, null, 2);

/** Starts `checkd run`; resolves when everything listens. A config object is written as JSON, which is YAML. */
export async function startCheckd(
  config: object | string,
  more: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Checkd> {
  const dir = tempDir("daemon");
  const conf = join(dir, "checkd.yaml");
  writeFileSync(conf, text(config));
  const running = await start([process.execPath, program(), "run", "--conf", conf, ...more], { dir, env });
  const stop = async (graceMs?: number): Promise<void> => {
    await running.stop(graceMs);
    rmSync(dir, { recursive: true, force: true });
  };
  let gone: number | null | undefined;
  void running.exited.then((code) => {
    gone = code;
  });
  await until("checkd to run", () => {
    if (gone !== undefined) throw new Error(`checkd ended with ${gone}: ${running.output()}`);
    return running.output().includes(" runs");
  });
  const reload = async (next: object | string): Promise<string> => {
    const before = running.output().length;
    writeFileSync(conf, text(next));
    running.signal("SIGHUP");
    return until("the reload", () => {
      const news = running.output().slice(before);
      return /reloaded|as before/.test(news) ? news : "";
    });
  };
  return { ...running, stop, conf, reload };
}

/** What a program printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a built program to its end. */
export function run(
  args: readonly string[],
  options: {
    readonly name?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly timeoutMs?: number;
  } = {},
): Promise<Ran> {
  const { name, env, cwd, timeoutMs = 20_000 } = options;
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program(name), ...args],
      { env: { ...process.env, ...env }, cwd, timeout: timeoutMs },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        done({ code, stdout, stderr });
      },
    );
  });
}

/** Asks an agent port as HAProxy does: connects, sends `send` where given, reads until the other side closes. */
export function askAgent(port: number, send = "", host = "127.0.0.1"): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(port, host, () => send !== "" && socket.write(send));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("close", () => done(answer));
    socket.on("error", (error) => fail(answer === "" ? error : new Error(`after ${answer}: ${error.message}`)));
    socket.setTimeout(5000, () => socket.destroy(new Error("the agent did not answer")));
  });
}
