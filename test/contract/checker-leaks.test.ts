import { describe, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { type Behaviour, misbehave } from "../servers/misbehaving.ts";
import { until } from "../servers/process.ts";
import { openDescriptors, question, targetAt } from "./checker-bench.ts";
import { caseOf, made } from "./checker-made.ts";

const LEAK_PROBES = 1000;

describe.each([...checkers.values()].map((checker) => [checker.name, checker] as const))("checker %s", (_, checker) => {
  it(`gains no descriptor over ${LEAK_PROBES} probes of bad and good servers`, async () => {
    const row = caseOf(checker);
    const bad: readonly Behaviour[] = ["refused", "polite close", "reset", "wrong protocol", "silent"];
    const servers = [await row.healthy(), ...(await Promise.all(bad.map((how) => misbehave(how, row.speech))))];
    const check = made(checker, row.options);
    const probes = servers.flatMap((server) =>
      [0, 1, 2, 3, 4, 5].map((n) => check.open(targetAt(server, `app${n}`), () => {})),
    );
    const round = (): Promise<unknown> => Promise.all(probes.map((probe) => question(probe, row.timeoutMs / 6)));
    await round();
    const before = openDescriptors();
    for (let asked = 0; asked < LEAK_PROBES; asked += probes.length) await round();
    await Promise.all(probes.map((probe) => probe.close()));
    await check.close();
    await until("descriptors to be as before", () => openDescriptors() <= before, 10_000);
    await Promise.all(servers.map((server) => server.close()));
  }, 60_000);
});
