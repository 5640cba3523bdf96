// Run by the build, its output thrown away: a program does once what it is mostly started for.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { keepCompiled } from "./compiled.mjs";

const [file] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), "checkd-build-"));

/** `host:port` of a server that answers like this. */
async function serve(answer) {
  const server = createServer(answer).unref();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return `127.0.0.1:${server.address().port}`;
}

/** A Consul whose one key names a server that is not there. */
const consul = () =>
  serve((request, response) => {
    const [, key] = /\/kv\/([^?]*)/.exec(request.url) ?? [];
    const value = Buffer.from('{"host":"127.0.0.1","port":1}').toString("base64");
    response.writeHead(200, { "content-type": "application/json", "x-consul-index": "1" });
    response.end(JSON.stringify([{ Key: key, Value: value, ModifyIndex: 1 }]));
  });

const cron = async () => ["--tag", "build", "--once", "--log-level", "silent", "--consul", await consul()];

const RUNS = {
  checkd: async () => {
    const page = await serve((_, response) => response.end("fine\n"));
    return ["probe", "http-content", page, "--opt", "contains=fine"];
  },
  checkmysqlslave: async () => {
    const conf = join(dir, "db.conf");
    writeFileSync(conf, "[build]\nhost=127.0.0.1\nport=1\nuser=build\npassword=build\n", { mode: 0o600 });
    return ["--conf", conf, ...(await cron())];
  },
  checkmemcached: async () => ["--server", "127.0.0.1:1", ...(await cron())],
  checkredismaster: async () => ["--server", "127.0.0.1:1", ...(await cron())],
};

await keepCompiled(file, [["--help"], await RUNS[basename(file, ".cjs")]()]);
rmSync(dir, { recursive: true, force: true });
