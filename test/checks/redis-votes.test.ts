import { describe, expect, it } from "vitest";
import { joinReports } from "../../checks/lib/redis/census.ts";
import { refusalOf } from "../../checks/lib/redis/refusal.ts";
import { concerns } from "../../checks/lib/redis/sentinel.ts";
import { countVotes, type Vote } from "../../checks/lib/redis/votes.ts";
import { readVote } from "../../checks/lib/redis/watch.ts";

const A = "10.0.0.1:6379";
const B = "10.0.0.2:6379";
const vote = (says: string, more: Partial<Vote> = {}): Vote => ({
  says,
  epoch: 1,
  healthy: true,
  quorate: true,
  ...more,
});

describe("the Sentinels together", () => {
  it.each([
    ["all agree", [vote(A), vote(A), vote(A)], { says: A, votes: 3, of: 3, trusted: true }],
    ["one is dead", [vote(A), null, vote(A)], { says: A, votes: 2, of: 3, trusted: true }],
    ["one is late", [vote(B), vote(A), vote(B)], { says: B, votes: 2, of: 3, trusted: true }],
    ["two of three are dead", [null, vote(A), null], { says: A, votes: 1, of: 3, trusted: false }],
    ["half of four agree", [vote(A), vote(A), null, null], { says: A, votes: 2, of: 4, trusted: false }],
    ["none answers", [null, null, null], { says: "", votes: 0, of: 3, trusted: false }],
    [
      "the newer epoch wins a tie",
      [vote(A, { epoch: 4 }), vote(B, { epoch: 5 }), null],
      { says: B, votes: 1, trusted: false },
    ],
    [
      "those without a quorum are not counted",
      [vote(A), vote(A, { quorate: false }), vote(A, { quorate: false })],
      { says: A, votes: 1, trusted: false },
    ],
    [
      "a fail-over that one of them sees",
      [vote(A), vote(A, { healthy: false }), vote(A)],
      { says: A, trusted: true, healthy: false },
    ],
  ] as const)("%s", (_, votes, expected) => {
    expect(countVotes(votes)).toMatchObject(expected);
  });

  it("come to the same whatever their order", () => {
    const votes = [vote(A, { epoch: 2 }), vote(B, { epoch: 2 }), null];
    expect(countVotes(votes)).toEqual(countVotes(votes.toReversed()));
  });
});

describe("one Sentinel's answer", () => {
  const master = (flags: string, ip = "10.0.0.1"): string[] => [
    "name",
    "mymaster",
    "ip",
    ip,
    "port",
    "6379",
    "flags",
    flags,
    "config-epoch",
    "12",
  ];

  it.each([
    [
      "a healthy master",
      ["10.0.0.1", "6379"],
      master("master"),
      "OK 3 usable Sentinels",
      { says: A, epoch: 12, healthy: true, quorate: true },
    ],
    ["a dead master", ["10.0.0.1", "6379"], master("s_down,o_down,master"), "OK", { healthy: false }],
    ["a running fail-over", ["10.0.0.1", "6379"], master("master,failover_in_progress"), "OK", { healthy: false }],
    [
      "a promoted server before it has let go of the dead one",
      ["10.0.0.2", "6379"],
      master("s_down,o_down,master,failover_in_progress"),
      "OK",
      { says: B, healthy: true },
    ],
    ["no quorum", ["10.0.0.1", "6379"], master("master"), refusalOf("NOQUORUM 1 usable Sentinels"), { quorate: false }],
    ["an IPv6 master", ["fd00::1", "6379"], master("master", "fd00::1"), "OK", { says: "[fd00::1]:6379" }],
  ] as const)("names %s", (_, named, fields, quorum, expected) => {
    expect(readVote([named, fields, quorum])).toMatchObject(expected);
  });

  it("is no vote when it does not know the group", () => {
    const unknown = refusalOf("ERR No such master with that name");
    expect(readVote([null, unknown, unknown])).toBeNull();
  });
});

describe("an event", () => {
  it.each([
    ["+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379", true],
    ["+switch-master", "mymaster2 10.0.0.1 6379 10.0.0.2 6379", false],
    ["+sdown", "master mymaster 10.0.0.1 6379", true],
    ["+sdown", "master other 10.0.0.1 6379", false],
    ["+sdown", "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379", true],
    ["+sdown", "slave 10.0.0.2:6379 10.0.0.2 6379 @ other 10.0.0.1 6379", false],
    ["+odown", "master mymaster 10.0.0.1 6379 #quorum 2/2", true],
  ])("%s %s concerns the group: %s", (channel, message, expected) => {
    expect(concerns(channel, message, "mymaster")).toBe(expected);
  });
});

describe("a census", () => {
  const report = (says: string, replicas: readonly string[]) => ({ vote: vote(says), replicas });
  const C = "10.0.0.3:6379";

  it("unites the replicas that the agreeing Sentinels know, without the master", () => {
    const census = joinReports([report(A, [B]), report(A, [C, A]), report(B, ["10.9.9.9:1"])], "mymaster");
    expect(census).toEqual({ master: A, replicas: [B, C] });
  });

  it.each([
    [
      "two of three do not answer",
      [report(A, [B]), null, null],
      /no majority of the 3 Sentinels of mymaster: 1 name 10\.0\.0\.1/,
    ],
    ["none answers", [null, null, null], /none names a master/],
    ["they disagree", [report(A, []), report(B, []), null], /no majority/],
  ] as const)("is none when %s", (_, reports, problem) => {
    expect(() => joinReports(reports, "mymaster")).toThrow(problem);
  });
});
