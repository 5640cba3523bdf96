// Run by the build, its output thrown away: `checkd` prints its help and probes a page once.
import { createServer } from "node:http";
import { keepCompiled } from "./compiled.mjs";

const [file] = process.argv.slice(2);
const server = createServer((_, response) => response.end("fine\n")).unref();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const target = `127.0.0.1:${server.address().port}`;
await keepCompiled(file, [["--help"], ["probe", "http-content", target, "--opt", "contains=fine"]]);
