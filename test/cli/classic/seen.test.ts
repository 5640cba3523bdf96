import { describe, expect, it } from "vitest";
import {
  answerOf,
  type Listing,
  lacksMember,
  outcomeOf,
  publishedIn,
  type Seen,
  trouble,
} from "../../../src/cli/classic/seen.ts";
import type { Delivery } from "../../../src/contract.ts";
import type { HealthState, Observation, PoolView, Row } from "../../../src/core/types.ts";
import type { Followed } from "../../../src/registry/follow.ts";
import { type Made, viewOf } from "../../outlets/outlet-env.ts";

const KEY = "haproxy/mysqlslave/s1";
const slave: Made = { host: "10.0.0.2", port: 3301, state: "up" };
const other: Made = { host: "10.0.0.3", port: 3301, state: "up" };
const primary: Made = { host: "10.0.0.1", port: 3301, state: "up", part: "backup" };
const down = (made: Made): Made => ({ ...made, state: "down" });

function view(
  rows: Readonly<Record<string, Made>>,
  last: Observation["outcome"] = "pass",
  settled = true,
  facts: Observation["facts"] = {},
): PoolView {
  const made = viewOf("s1", rows, settled);
  const health = [{ last: { outcome: last, facts } }] as unknown as readonly HealthState[];
  return { ...made, rows: new Map([...made.rows].map(([name, row]): [string, Row] => [name, { ...row, health }])) };
}

function followed(value: string | null, state: Followed["state"] = "current"): Followed {
  const entries = new Map(value === null ? [] : [[KEY, { value, version: "1" }]]);
  const error = state === "current" ? null : `consul is ${state}`;
  return { state, snapshot: { entries, revision: "1", fresh: true }, since: 0, error };
}

const at = (host: string): string => JSON.stringify({ name: "s1", host, port: 3301 });
const told = (state: Delivery["state"], error: string | null = null): Delivery => ({
  outlet: "publish-current",
  about: KEY,
  state,
  at: 0,
  told: "",
  shown: null,
  error,
});
const answered: Listing = { state: "answered" };
const failed: Listing = { state: "failed", why: "refused" };
const seen = (some: Partial<Seen>): Seen => ({
  tag: "s1",
  key: KEY,
  view: view({ slave, other, primary: down(primary) }),
  followed: followed(at("10.0.0.2")),
  delivery: told("synced"),
  listing: answered,
  ...some,
});

describe("the line of a round", () => {
  it.each<[string, Partial<Seen>, string | null]>([
    ["a healthy slave", {}, "fine s1 in consul is ok"],
    ["the port as text", { followed: followed('{"host":"10.0.0.2","port":"3301"}') }, "fine s1 in consul is ok"],
    [
      "the primary, as no slave is healthy",
      { followed: followed(at("10.0.0.1")), view: view({ slave: down(slave), primary }) },
      "fine s1 in consul is the primary 10.0.0.1:3301, there is no healthy slave",
    ],
    [
      "nobody is healthy",
      { view: view({ slave: down(slave), primary: down(primary) }), delivery: told("pending") },
      "wrong there is no healthy server for s1, 10.0.0.2:3301 stays",
    ],
    [
      "nobody is healthy and no key",
      { view: view({ slave: down(slave) }), followed: followed(null), delivery: told("pending") },
      "wrong there is no healthy server for s1, nothing is written",
    ],
    ["not settled", { view: view({ slave }, "pass", false) }, null],
    ["nothing known", { view: null }, null],
    ["a doubtful last answer", { view: view({ slave, other }, "fail") }, null],
    ["not written yet", { followed: followed(at("10.0.0.9")), delivery: null }, null],
    ["Consul away", { followed: followed(at("10.0.0.2"), "unreachable") }, null],
    ["a write that failed", { delivery: told("failed", "403") }, null],
  ])("%s", (_, some, line) => {
    const answer = answerOf(seen(some));
    expect(answer === null ? null : `${answer.kind} ${answer.text}`).toBe(line);
  });
});

describe("the exit code of one round", () => {
  it.each<[string, Partial<Seen>, number | null]>([
    ["in Consul", {}, 0],
    ["in Consul, though the primary is away", { listing: failed }, 0],
    ["Consul away", { followed: followed(null, "unreachable"), delivery: null }, 3],
    ["Consul refuses us", { followed: followed(null, "denied"), delivery: null }, 3],
    ["a write refused", { delivery: told("failed") }, 3],
    ["nobody healthy", { delivery: told("pending"), view: view({ slave: down(slave) }) }, 1],
    ["nobody healthy of a given list", { delivery: told("pending"), listing: { state: "none" } }, 1],
    [
      "nobody of it answers",
      { delivery: told("pending"), listing: { state: "none" }, view: view({ slave }, "fail") },
      3,
    ],
    [
      "all of it answer, and none is fit",
      { delivery: told("pending"), listing: { state: "none" }, view: view({ slave }, "fail", true, { role: "slave" }) },
      1,
    ],
    ["nobody healthy and the primary away", { delivery: told("pending"), listing: failed }, 3],
    [
      "the primary away, and the slave in Consul not asked yet",
      { delivery: null, listing: failed, view: view({}, "pass", false) },
      null,
    ],
    [
      "nobody known, no key and the primary away",
      { delivery: null, listing: failed, view: view({}, "pass", false), followed: followed(null) },
      3,
    ],
    ["no servers at all", { delivery: null, view: view({}) }, 1],
    ["the primary is being asked", { delivery: told("pending"), listing: { state: "asking" } }, null],
    ["Consul is being asked", { delivery: null, followed: null }, null],
    ["probes run", { delivery: null, view: view({ slave }, "pass", false) }, null],
  ])("%s", (_, some, code) => expect(outcomeOf(seen(some))).toBe(code));
});

describe("what is known of a tag", () => {
  it.each([
    ["no key", null, null],
    ["no JSON", "10.0.0.2:3301", null],
    ["no address", '{"host":1,"port":2}', null],
    ["no port", '{"host":"h"}', null],
    ["a list", "[]", null],
    ["a port that is none", '{"host":"h","port":70000}', null],
    ["a host that is none", '{"host":"no host","port":1}', null],
    ["an address", '{"host":"h","port":1}', { host: "h", port: 1 }],
  ])("reads the key: %s", (_, value, address) => {
    expect(publishedIn(seen({ followed: followed(value) }))).toEqual(address);
  });

  it("tells trouble in Consul's own words", () => {
    expect(trouble(seen({}))).toBeNull();
    expect(trouble(seen({ followed: followed(null, "denied") }))).toBe("consul is denied");
    expect(trouble(seen({ delivery: told("failed", "no") }))).toBe("no");
  });

  it("asks for more slaves only while none that is known is healthy", () => {
    expect(lacksMember(seen({}))).toBe(false);
    expect(lacksMember(seen({ view: view({ slave: down(slave), primary }) }))).toBe(true);
    expect(lacksMember(seen({ view: view({ slave: down(slave) }, "pass", false) }))).toBe(false);
  });
});
