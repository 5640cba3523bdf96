import { describe, expect, it } from "vitest";
import { createClock } from "../../../src/engine/clock.ts";
import { canonicalAddress } from "../../../src/render/functions/address.ts";
import { confdFunctions } from "../../../src/render/functions/confd.ts";
import { Lookups, withLookups } from "../../../src/render/functions/lookup.ts";
import type { NameService } from "../../../src/render/functions/name-service.ts";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { Keys } from "../../../src/render/keys.ts";
import { render } from "./rendering.ts";

const clock = createClock((error) => {
  throw error;
});
const never = new AbortController().signal;

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  db: ["10.0.0.10", "10.0.0.9"],
  both: ["::2", "10.0.0.1", "2001:DB8:0::1"],
  "10.0.0.9.rev": ["10.9.9.9"],
};

function names(asked: string[] = []): NameService {
  return {
    addresses: async (name) => {
      asked.push(name);
      return HOSTS[name] ?? Promise.reject(new Error("no such host"));
    },
    services: async (name) => {
      asked.push(name);
      if (name !== "_sql._tcp.example.com") throw new Error("no such service");
      return [
        { target: "b.example.com.", port: 3306, priority: 1, weight: 5 },
        { target: "a.example.com.", port: 3307, priority: 2, weight: 5 },
        { target: "a.example.com.", port: 3306, priority: 2, weight: 5 },
      ];
    },
  };
}

async function rendered(text: string, service = names(), options = {}): Promise<string> {
  const lookups = new Lookups({ clock, names: service, ...options });
  const functions = confdFunctions({ keys: new Keys(), env: {}, lookups });
  const template = parse("t", text, { functions });
  return withLookups(lookups, () => template.execute(undefined).toString(), never);
}

describe("looking up names", () => {
  it.each([
    ['{{lookupIP "db"}}', "[10.0.0.10 10.0.0.9]"],
    [
      '{{lookupIP "both"}} {{lookupIPV4 "both"}} {{lookupIPV6 "both"}}',
      "[10.0.0.1 2001:db8::1 ::2] [10.0.0.1] [2001:db8::1 ::2]",
    ],
    ['{{lookupIP "none"}} {{len (lookupIPV4 "none")}}', "[] 0"],
    ['{{index (lookupIP "db") 1}}', "10.0.0.9"],
    ['{{range lookupIP "none"}}x{{else}}nobody{{end}}', "nobody"],
    ['{{range lookupIP "db"}}{{join (lookupIP (printf "%s.rev" .)) ","}};{{end}}', ";10.9.9.9;"],
    [
      '{{range lookupSRV "sql" "tcp" "example.com"}}{{.Target}}:{{.Port}} {{.Priority}} {{.Weight}}|{{end}}',
      "a.example.com.:3306 2 5|a.example.com.:3307 2 5|b.example.com.:3306 1 5|",
    ],
    ['{{index (lookupSRV "" "" "_sql._tcp.example.com") 2}}', "{b.example.com. 3306 1 5}"],
    ['{{lookupSRV "none" "tcp" "example.com"}} {{len (lookupSRV "none" "tcp" "example.com")}}', "[] 0"],
  ])("%s", async (template, expected) => {
    expect(await rendered(template)).toBe(expected);
  });

  it("asks for all names of a template together, and for each once", async () => {
    const asked: string[] = [];
    await rendered(
      '{{lookupIP "db"}}{{index (lookupIPV4 "both") 0}}{{lookupIP "db"}}{{lookupIP "none"}}',
      names(asked),
    );
    expect(asked.sort()).toEqual(["both", "db", "none"]);
  });

  it("asks for nothing where the name is an address", () => {
    expect(render('{{lookupIP "127.0.0.1"}}{{lookupIP "0:0::1"}}{{lookupIPV6 "1.2.3.4"}}{{lookupIP ""}}')).toBe(
      "[127.0.0.1][::1][][]",
    );
  });

  it("reports what is wrong with the template when all names are known", async () => {
    await expect(rendered('{{lookupIP "db"}}{{index (lookupIP "none") 0}}')).rejects.toThrowError("index out of range");
  });

  it("gives up on names without end", async () => {
    const endless = '{{$x := "a"}}{{range $i := lookupIP "many"}}{{lookupIP $i}}{{end}}';
    const many: NameService = {
      ...names(),
      addresses: async () => Array.from({ length: 50 }, (_none, i) => `host${i}`),
    };
    await expect(rendered(endless, many, { maxNames: 20 })).rejects.toThrowError("more than 20 names to look up");
  });

  it("treats a name whose answer does not come in time as one without addresses", async () => {
    const silent: NameService = { ...names(), addresses: () => new Promise(() => {}) };
    expect(await rendered('{{lookupIP "db"}}', silent, { timeoutMs: 10 })).toBe("[]");
  });

  it("stops when told to", async () => {
    const controller = new AbortController();
    const lookups = new Lookups({ clock, names: { ...names(), addresses: () => new Promise(() => {}) } });
    const waiting = withLookups(lookups, () => lookups.addresses("db"), controller.signal);
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrowError("stopped");
  });
});

describe("addresses", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8::0:1", "2001:db8::1"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["fe80::1%eth0", "fe80::1"],
    ["010.0.0.1", null],
    ["host", null],
    ["", null],
    ["1.2.3", null],
  ])("%s is written as %s", (text, expected) => {
    expect(canonicalAddress(text)).toBe(expected);
  });
});

it("asks for many names at once without a word of Node about leaks", async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", hear);
  const lookups = new Lookups({ clock, names: names() });
  for (let at = 0; at < 30; at++) lookups.addresses(`host${at}`);
  await lookups.resolve(new AbortController().signal);
  await new Promise((done) => setImmediate(done));
  process.off("warning", hear);
  expect(warnings).toEqual([]);
});
