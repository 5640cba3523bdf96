import { expect, it } from "vitest";
import { Answers } from "../../agent/answers.ts";
import { Bench, order } from "../core/build.ts";

it("counts what HAProxy is told, by pool: up, down, or nothing that changes anything", () => {
  const answers = new Answers();
  const bench = new Bench({ policy: { staleMs: 6000 } });
  const count = (name: string) => answers.count("p", bench.row(name), bench.now);
  count("a"); // no verdict yet
  for (const name of ["a", "b", "c"]) bench.see(name, name === "b" ? "fail" : "pass");
  for (const name of ["a", "b", "c"]) count(name);
  bench.pass(10_000); // all is stale now
  for (const name of ["a", "b"]) count(name);
  bench.apply({ kind: "ordered", target: "a", override: order("drain") });
  count("a");
  expect(answers.of(() => true).get("p")).toEqual({ up: 3, down: 2, unchanged: 2 });
  expect(answers.of((pool) => pool !== "p").size).toBe(0);
});
