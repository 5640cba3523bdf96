import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listening, type Running, start, tempDir } from "./process.ts";

export interface XinetdOptions {
  /** Without xinetd's limits on rate and instances, which stop a service at 50 connections a second. */
  readonly unlimited?: boolean;
}

/** An xinetd of a test. */
export interface Xinetd {
  readonly pid: number;
  readonly port: number;
  output(): string;
  stop(): Promise<void>;
}

const UNLIMITED = "  instances = UNLIMITED\n  per_source = UNLIMITED\n  cps = 1000000 1\n";

/** Serves one service file, as it would stand in /etc/xinetd.d; resolves when its port accepts connections. */
export async function startXinetd(service: string, { unlimited = false }: XinetdOptions = {}): Promise<Xinetd> {
  const port = Number(/^\s*port\s*=\s*(\d+)/m.exec(service)?.[1] ?? 0);
  if (port === 0) throw new Error("the service file names no port");
  const dir = tempDir("xinetd");
  const file = join(dir, "xinetd.conf");
  const defaults = `defaults\n{\n  log_type = FILE /dev/null\n${unlimited ? UNLIMITED : ""}}\n`;
  writeFileSync(file, `${defaults}${unlisted(service)}`);
  const argv = ["/usr/sbin/xinetd", "-dontfork", "-f", file, "-pidfile", join(dir, "xinetd.pid")];
  const running: Running = await start(argv, { dir });
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await listening(port);
  } catch (error) {
    await stop();
    throw new Error(`xinetd: ${running.output()}`, { cause: error });
  }
  return { pid: running.pid, port, output: running.output, stop };
}

/** A name that is not in /etc/services is only accepted as UNLISTED; the tests leave that file alone. */
const unlisted = (service: string): string =>
  /^\s*type\s*=/m.test(service) ? service : service.replace(/^(\s*service\s+\S+\s*\{)/m, "$1\n    type = UNLISTED");
