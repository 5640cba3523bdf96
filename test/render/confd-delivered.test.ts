import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rigOf } from "./pipeline/rig.ts";

const CONFD = "conf/confd";
const read = (file: string): string => readFileSync(join(CONFD, file), "utf8");
const value = (name: string, host: string, port: number, proxyport: number): string =>
  JSON.stringify({ name, host, port, proxyport });

/** conf/confd with its target in a folder of the test, and commands that do nothing. */
const delivered = (keys: Readonly<Record<string, string>>) =>
  rigOf(
    {
      "conf.d/haproxy.toml": read("conf.d/haproxy.toml")
        .replace("/etc/haproxy/haproxy.cfg", "{dir}/haproxy.cfg")
        .replace(/^check_cmd = .*$/m, 'check_cmd = "true"')
        .replace(/^reload_cmd = .*$/m, 'reload_cmd = "true"')
        .replace(/^confirm = .*$/m, ""),
      "templates/haproxy.cfg.tmpl": read("templates/haproxy.cfg.tmpl"),
    },
    keys,
  );

describe("conf/confd", () => {
  it("makes a listen of every key that the classic tools publish", async () => {
    const rig = delivered({
      "/haproxy/mysqlslave/slave3301": value("slave3301", "10.0.21.5", 3301, 13_351),
      "/haproxy/memcached/mem11211": value("mem11211", "10.0.21.6", 11_211, 16_211),
      "/haproxy/redismaster/redis6379": value("redis6379", "10.0.21.7", 6379, 16_379),
    });
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    const listens = readFileSync(join(rig.dir, "haproxy.cfg"), "utf8").split("\n\n").slice(2);
    expect(listens.map((text) => text.split("\n").map((line) => line.trim()))).toEqual([
      ["listen mysql-slave3301", "bind :13351", expect.stringMatching(/^server slave3301 10\.0\.21\.5:3301 check /)],
      ["listen memcached-mem11211", "bind :16211", expect.stringMatching(/^server mem11211 10\.0\.21\.6:11211 check /)],
      [
        "listen redis-redis6379",
        "bind :16379",
        "option tcp-check",
        String.raw`tcp-check send PING\r\n`,
        "tcp-check expect string +PONG",
        expect.stringMatching(/^server redis6379 10\.0\.21\.7:6379 check /),
        "",
      ],
    ]);
  });

  it("refuses what would write lines of its own", async () => {
    const rig = delivered({ "/haproxy/mysqlslave/x": '{"name":"x\\nlisten evil","host":"a","port":1,"proxyport":2}' });
    await rig.round();
    expect(rig.log.at(-1)).toBe("ERROR the value of /haproxy/mysqlslave/x has control characters");
    expect(rig.names()).toEqual(["conf.d", "templates"]);
  });

  it("ends with a line end when there is no key", async () => {
    const rig = delivered({});
    await rig.round();
    expect(readFileSync(join(rig.dir, "haproxy.cfg"), "utf8")).toMatch(/timeout server 1h\n$/);
  });
});
