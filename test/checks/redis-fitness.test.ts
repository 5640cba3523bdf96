import { describe, expect, it } from "vitest";
import { claimOf } from "../../checks/lib/redis/claim.ts";
import { masterFitness, type ReplicaLimits, replicaFitness } from "../../checks/lib/redis/fitness.ts";
import { ownFault, refusalOf } from "../../checks/lib/redis/refusal.ts";
import { GRANT, parseInfo, readState, type ServerState } from "../../checks/lib/redis/state.ts";
import type { Agreement } from "../../checks/lib/redis/votes.ts";
import { masterScript, replicaScript, type Script } from "../servers/fake-redis.ts";

const SELF = "10.0.0.1:6379";
const OTHER = "10.0.0.2:6379";

const stateOf = (script: Script): ServerState =>
  readState([script.PING, script.ROLE, script["INFO REPLICATION"], script["CLUSTER INFO"]]);
const master = (fields = {}): ServerState => stateOf(masterScript(fields));
const replica = (fields = {}): ServerState => stateOf(replicaScript("10.0.0.2", 6379, fields));
const refusing = (state: ServerState, text: string): ServerState => ({ ...state, refuses: refusalOf(text) });

const agreed = (says: string, more: Partial<Agreement> = {}): Agreement => ({
  says,
  votes: 2,
  of: 3,
  epoch: 7,
  healthy: true,
  trusted: true,
  denied: false,
  ...more,
});

describe("a master", () => {
  it.each([
    ["says role:master and answers", master(), null, "pass", /role:master with 1 replica$/],
    ["has several replicas", master({ connected_slaves: 2 }), null, "pass", /with 2 replicas/],
    ["is a replica", replica(), null, "fail", /role:slave of 10\.0\.0\.2:6379, wanted master/],
    ["loads its data", refusing(master(), "LOADING Redis is loading"), null, "fail", /LOADING/],
    ["cannot save and refuses writes", refusing(master(), "MISCONF Errors writing"), null, "fail", /MISCONF/],
    ["runs a script without end", refusing(master(), "BUSY Redis is busy"), null, "fail", /BUSY/],
    ["lacks good replicas", master({ min_slaves_good_slaves: 0 }), null, "fail", /min-replicas-to-write/],
    ["has a good replica", master({ min_slaves_good_slaves: 1 }), null, "pass", /role:master/],
    ["is named", master(), agreed(SELF), "pass", /role:master/],
    ["is a returned one", master(), agreed(OTHER), "fail", /2 of 3 Sentinels name 10\.0\.0\.2:6379/],
    ["is being promoted", master(), agreed(OTHER, { healthy: false }), "pass", /role:master/],
    ["is named by a minority only", master(), agreed(OTHER, { trusted: false, votes: 1 }), "pass", /role:master/],
  ] as const)("%s", (_, state, agreement, outcome, reason) => {
    const seen = masterFitness(state, SELF, agreement);
    expect(seen.outcome).toBe(outcome);
    expect(seen.reason).toMatch(reason);
  });

  it("of a cluster without all its slots does not serve", () => {
    const state = { ...master(), cluster: { state: "fail", epoch: 3 } };
    expect(masterFitness(state, SELF, null)).toMatchObject({ outcome: "fail", reason: "cluster_state:fail" });
  });
});

describe("a replica", () => {
  const limits: ReplicaLimits = { maxIoAgeMs: 15_000, maxLagBytes: 1000, staleLimitMs: null };
  const strict: ReplicaLimits = { ...limits, staleLimitMs: 60_000 };
  const down = { master_link_status: "down", master_last_io_seconds_ago: -1, master_link_down_since_seconds: 12 };

  const never = { ...down, master_link_down_since_seconds: -1 };

  it.each([
    ["is linked", replica(), 0, limits, "pass", /replica of 10\.0\.0\.2:6379, 0 bytes behind/],
    ["has an unknown lag", replica(), null, limits, "pass", /replica of 10\.0\.0\.2:6379$/],
    ["is a master", master(), null, limits, "fail", /role:master, wanted a replica/],
    ["lost its link", replica(down), null, limits, "warn", /link to 10\.0\.0\.2:6379 down for 12s/],
    ["copies all", replica({ ...down, master_sync_in_progress: 1 }), null, limits, "warn", /full copy is running/],
    [
      "lost its link too long ago",
      replica({ ...down, master_link_down_since_seconds: 61 }),
      null,
      strict,
      "fail",
      /beyond stale_limit/,
    ],
    ["has nothing yet", replica({ ...never, slave_repl_offset: 1 }), null, limits, "fail", /nothing replicated/],
    [
      "has nothing yet, before Redis 7",
      replica({ ...never, master_link_down_since_seconds: 1_795_000_000, slave_repl_offset: 0 }),
      null,
      limits,
      "fail",
      /nothing replicated/,
    ],
    ["has a copy of an idle master", replica({ ...down, slave_repl_offset: 0 }), null, limits, "warn", /down for 12s/],
    ["has the copy of a former life", replica(never), null, limits, "warn", /link to 10\.0\.0\.2:6379 down$/],
    ["hears nothing", replica({ master_last_io_seconds_ago: 16 }), 0, limits, "warn", /nothing heard .* 16s, though/],
    ["heard long ago", replica({ master_last_io_seconds_ago: 61 }), 0, strict, "fail", /beyond stale_limit/],
    ["is quiet within the limit", replica({ master_last_io_seconds_ago: 15 }), 0, limits, "pass", /replica of/],
    ["is at its lag limit", replica(), 1000, limits, "pass", /1000 bytes behind/],
    ["is beyond it", replica(), 1001, limits, "warn", /1001 bytes behind .*, allowed are 1000/],
    [
      "may not serve stale data",
      refusing(replica(down), "MASTERDOWN Link with MASTER is down"),
      null,
      limits,
      "fail",
      /MASTERDOWN/,
    ],
  ] as const)("%s", (_, state, lagBytes, allowed, outcome, reason) => {
    const seen = replicaFitness(state, lagBytes, allowed);
    expect(seen.outcome).toBe(outcome);
    expect(seen.reason).toMatch(reason);
  });

  it("is the worse the less is known of its data: known lag, silence, no link; and more is worse than less", () => {
    const badness = [
      replicaFitness(replica(), 2000, limits),
      replicaFitness(replica(), 4000, limits),
      replicaFitness(replica({ master_last_io_seconds_ago: 16 }), 0, limits),
      replicaFitness(replica({ master_last_io_seconds_ago: 32 }), 0, limits),
      replicaFitness(replica({ ...down, master_link_down_since_seconds: 0 }), null, limits),
      replicaFitness(replica(down), null, limits),
    ].map((seen) => seen.badness);
    expect(badness).toEqual(badness.toSorted((a, b) => a - b));
    expect(new Set(badness).size).toBe(badness.length);
  });
});

describe("a claim", () => {
  it("carries role, whom it follows, and the histories it goes on with", () => {
    const ids = { master_replid: "b".repeat(40), master_replid2: "c".repeat(40) };
    expect(claimOf(replica(ids), SELF, null)).toEqual({
      role: "reader",
      follows: OTHER,
      term: null,
      lineage: ["b".repeat(40), "c".repeat(40)],
      witness: null,
    });
  });

  it("leaves out a second history there is none of", () => {
    expect(claimOf(master(), SELF, null).lineage).toEqual(["a".repeat(40)]);
  });

  it.each([
    ["is named by a majority", agreed(SELF), 7],
    ["is not named", agreed(OTHER), null],
    ["is named by a minority", agreed(SELF, { trusted: false, votes: 1 }), null],
  ] as const)("has the Sentinels' epoch as term only when it %s", (_, agreement, term) => {
    const claim = claimOf(master(), SELF, agreement);
    expect(claim.term).toBe(term);
    expect(claim.witness).toEqual({ says: agreement.says, votes: agreement.votes, of: 3 });
  });

  it("has its own epoch as term in a cluster", () => {
    const state = stateOf({ ...masterScript(), "CLUSTER INFO": "cluster_state:ok\r\ncluster_my_epoch:9\r\n" });
    expect(claimOf(state, SELF, null).term).toBe(9);
  });
});

describe("an error reply", () => {
  it.each([
    ["NOAUTH Authentication required.", "ours", /set password/],
    ["WRONGPASS invalid username-password pair or user is disabled.", "ours", /refuses the login of user monitor/],
    [
      "NOPERM this user has no permissions to run the 'info' command",
      "ours",
      /ACL SETUSER monitor on .*\+ping \+info \+role/,
    ],
    ["ERR invalid password", "ours", /does not take our question/],
    ["ERR unknown command `INFO`, with args beginning with: ", "ours", /unknown command/],
  ] as const)("%s is our own fault and says what to mend", (text, meaning, mend) => {
    const refused = refusalOf(text);
    expect(refused.meaning).toBe(meaning);
    expect(ownFault(refused, "monitor", GRANT).message).toMatch(mend);
  });

  it.each([
    ["ERR max number of clients reached", "full"],
    ["ERR max number of clients + cluster connections reached", "full"],
    ["LOADING Redis is loading the dataset in memory", "cannot serve"],
    ["MASTERDOWN Link with MASTER is down", "cannot serve"],
    ["DENIED Redis is running in protected mode", "cannot serve"],
    ["ERR something else", "cannot serve"],
  ] as const)("%s means: %s", (text, meaning) => {
    expect(refusalOf(text).meaning).toBe(meaning);
  });

  it.each([
    ["ERR AUTH <password> called without any password configured for the default user.", true],
    ["ERR Client sent AUTH, but no password is set", true],
    ["WRONGPASS invalid username-password pair", false],
  ])("to a login, %s: needless is %s", (text, needless) => {
    expect(refusalOf(text).needless).toBe(needless);
  });
});

describe("the state of a server", () => {
  it("is not made up where an answer is missing or foreign", () => {
    expect(() => readState(["PONG", refusalOf("NOPERM no"), ""])).toThrow("NOPERM");
    expect(() => readState(["PONG", "master", ""])).toThrow("ROLE was not answered with a list");
    expect(() => readState(["PONG", ["sentinel", []], ""])).toThrow("neither master nor slave");
    expect(() => readState(["HELLO", ["master", 0, []], ""])).toThrow("is this a Redis server?");
  });

  it("of a full server says full, not that it cannot serve", () => {
    expect(() => readState([refusalOf("ERR max number of clients reached"), ["master", 0, []], ""])).toThrow(
      "max number",
    );
  });

  it("reads values that contain colons", () => {
    expect(parseInfo("# Part\r\nmaster_host:fd00::1\r\nempty:\r\n").get("master_host")).toBe("fd00::1");
  });

  it("writes an IPv6 master with brackets", () => {
    expect(stateOf(replicaScript("fd00::1", 6379)).follows).toBe("[fd00::1]:6379");
  });
});
