import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describeError } from "../errors.ts";
import { type Backend, parseOrder, startBackend } from "./demo-backends.ts";
import { EXIT } from "./exit.ts";

const CONF = fileURLToPath(new URL("../conf/quickstart.yaml", import.meta.url));
const PORTS = [8081, 8082, 8083];

const GUIDE = `
checkd answers for three demo web servers, web1 to web3 (ports ${PORTS.join(", ")}). Try:

  1. Ask as HAProxy asks:       nc 127.0.0.1 3333
  2. Break web1, then ask again: curl -X POST http://127.0.0.1:8081/break
     (or type here: break 1, hang 2, fix 1)
  3. See why:                    curl http://127.0.0.1:8910/api/pools/demo/web1
     and the page in a browser:  http://127.0.0.1:8910/

For HAProxy:  server web1 127.0.0.1:8081 check agent-check agent-addr 127.0.0.1 agent-port 3333
Ctrl-C ends everything.
`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function obey(line: string, backends: readonly Backend[]): void {
  const order = parseOrder(line);
  const backend = order === null ? undefined : backends[order.index];
  if (order === null || backend === undefined) {
    say("say: break 1, hang 2 or fix 1 (servers 1 to 3)");
    return;
  }
  backend.mood = order.mood;
  say(`${backend.name} is ${order.mood}`);
}

/** Starts the demo servers and the daemon on conf/quickstart.yaml; what it is told on stdin breaks and mends the servers. */
export async function demo(argv: readonly string[]): Promise<void> {
  const backends: Backend[] = [];
  try {
    for (const [index, port] of PORTS.entries()) backends.push(await startBackend(`web${index + 1}`, port, say));
  } catch (error) {
    await Promise.all(backends.map((each) => each.close()));
    say(`the demo cannot start: ${describeError(error)} (it needs the ports ${PORTS.join(", ")} of 127.0.0.1)`);
    process.exitCode = EXIT.unreachable;
    return;
  }
  const { runDaemon } = await import("./run.ts");
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => line.trim() !== "" && obey(line, backends));
  await runDaemon({
    conf: CONF,
    logLevel: "info",
    logFormat: "text",
    dryRun: argv.includes("--dry-run"),
    ready: () => say(GUIDE),
  });
  lines.close();
  await Promise.all(backends.map((each) => each.close()));
}
