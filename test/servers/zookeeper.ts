import { readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, type Running, start, tempDir, until } from "./process.ts";

export interface ZooKeeperServer extends Running {
  readonly address: string;
  readonly port: number;
}

const JARS = "/usr/share/java";
const NEEDED =
  /^(zookeeper|zookeeper-jute|slf4j-(api|nop|simple)|log4j-1\.2|netty.*|metrics-core|snappy-java|commons-(cli|lang|io)|jackson.*)\.jar$/;

/** Asks a four-letter word. */
export function fourLetters(port: number, word: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(word));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("close", () => done(text));
    socket.on("error", () => done(""));
    socket.setTimeout(2000, () => socket.destroy());
  });
}

/** Starts one ZooKeeper server. `dir` keeps data over a restart. */
export async function startZooKeeper(
  options: { readonly port?: number; readonly dir?: string } = {},
): Promise<ZooKeeperServer> {
  const port = options.port ?? (await freePort());
  const dir = options.dir ?? tempDir("zookeeper");
  const config = join(dir, "zoo.cfg");
  writeFileSync(
    config,
    [
      "tickTime=200",
      `dataDir=${dir}/data`,
      `clientPort=${port}`,
      "clientPortAddress=127.0.0.1",
      "admin.enableServer=false",
      "minSessionTimeout=400",
      "maxSessionTimeout=60000",
      "forceSync=no",
      "4lw.commands.whitelist=ruok,mntr,stat,srvr,cons",
      "maxClientCnxns=0",
    ].join("\n"),
  );
  const classPath = readdirSync(JARS)
    .filter((name) => NEEDED.test(name))
    .map((name) => join(JARS, name))
    .join(":");
  const running = await start(
    [
      "java",
      "-Xmx128m",
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-Dzookeeper.jmx.log4j.disable=true",
      "-cp",
      classPath,
      "org.apache.zookeeper.server.quorum.QuorumPeerMain",
      config,
    ],
    { name: "zookeeper", ...(options.dir === undefined ? {} : { dir }) },
  );
  await until("zookeeper to serve", async () => (await fourLetters(port, "ruok")) === "imok", 30_000);
  return { ...running, port, address: `127.0.0.1:${port}` };
}
