import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startXinetd } from "../../servers/xinetd.ts";
import { MEASURED_CPU, pin } from "./cost.mjs";

const service = (name, port, script, argument) => `service ${name}
{
  type = UNLISTED
  disable = no
  socket_type = stream
  protocol = tcp
  wait = no
  bind = 127.0.0.1
  port = ${port}
  user = ${process.getuid?.() === 0 ? "root" : process.env.USER}
  server = ${script}
  server_args = ${argument}
}
`;

/** What the daemon replaces: xinetd that runs a bash script for each connection. `services`: [port, argument] of each. */
export async function startIncumbent(body, services, cpu = MEASURED_CPU) {
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-xinetd-"));
  const script = join(dir, "check.sh");
  writeFileSync(script, `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  const text = services.map(([port, argument]) => service(`agent${port}`, port, script, argument)).join("");
  const xinetd = await startXinetd(text, { unlimited: true });
  if (cpu !== null) pin(xinetd.pid, cpu);
  const stop = async () => {
    await xinetd.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { ...xinetd, stop };
}

/** The script of the tutorials: $1 is the port of the page. */
export const CURL_GREP = `curl -s -m 2 http://127.0.0.1:$1/ | grep "test me" >/dev/null 2>&1
[ $? == 0 ] && echo "up" || echo "down"`;

/** The least a script can do. */
export const ECHO = "echo up";
