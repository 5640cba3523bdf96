import { describe, expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { namesFor } from "../../src/engine/check-names.ts";

const asks = (type: string, options: Readonly<Record<string, unknown>> = {}) => {
  const kind = checkers.get(type);
  if (kind === undefined) throw new Error(`no checker ${type}`);
  return { kind, options: kind.options.parse(options) };
};
const redis = (more = {}) => asks("redis-master", more);
const [tcp, tls] = [asks("tcp"), asks("tcp", { tls: true })];

describe("the name of a check", () => {
  it("is that of what it asks, the same in every process, and tells nothing of a password", () => {
    const [name] = namesFor([redis({ password: "hunter2" })], [], []);
    expect(name).toMatch(/^redis-master:[0-9a-f]{32}$/);
    expect(namesFor([redis({ password: "changed" })], [], [])).toEqual([name]);
    expect(namesFor([redis({ password: "hunter2", username: "monitor" })], [], [])).not.toEqual([name]);
  });

  it("is another for each, also where two ask the same, and is not one that is taken", () => {
    const [first = "", second] = namesFor([tcp, tcp], [], []);
    expect(second).toBe(`${first} 2`);
    expect(namesFor([tcp], [], [first])).toEqual([second]);
  });

  it("is one that fits also when the options of a user's own checker are no JSON", () => {
    const own = { kind: tcp.kind, options: { most: 10n } };
    expect(namesFor([own, own], [], [])).toEqual(["tcp:", "tcp: 2"]);
  });
});

describe("names of a former life", () => {
  const [plain = "", secure = ""] = namesFor([tcp, tls], [], []);
  const [master = ""] = namesFor([redis()], [], []);

  it("are found again wherever their checks stand now", () => {
    expect(namesFor([redis(), tls, tcp], [plain, secure, master], [])).toEqual([master, secure, plain]);
  });

  it("go to a check of the same kind that asks something new, at their place before others", () => {
    const other = asks("tcp", { tls: { verify: false } });
    expect(namesFor([tcp, other], [plain, secure], [])).toEqual([plain, secure]);
    expect(namesFor([other], [master, secure], [])).toEqual([secure]);
    expect(namesFor([tls, other], ["tcp:gone", "tcp:former"], [])).toEqual(["tcp:gone", "tcp:former"]);
  });

  it("go to no check of another kind", () => {
    expect(namesFor([redis()], [plain], [])).toEqual([master]);
  });
});
