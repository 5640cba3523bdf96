import { defineChecker, type Env, type Hint, type Observation, type Probe, type Target } from "../src/index.ts";
import { ask } from "./lib/http/ask.ts";
import { freshConnections, keptConnection } from "./lib/http/connections.ts";
import { earlyEnd } from "./lib/http/early.ts";
import { complaint, type Expected, expectations, praise } from "./lib/http/judge-answer.ts";
import { type HttpOptions, httpOptions } from "./lib/http/options.ts";
import { endpoint, failed, observed } from "./lib/reason.ts";
import { steadyLookup } from "./lib/tcp/lookup.ts";
import { tlsClient } from "./lib/tls.ts";

/** Makes one HTTP request and compares status and content of the answer. */
export const httpContent = defineChecker({
  name: "http-content",
  summary: "one HTTP or HTTPS request; compares status and content",
  options: httpOptions,
  facts: {
    latencyMs: "from the start to the verdict, in milliseconds",
    status: "status of the answer; null when none came",
    bytes: "bytes of content that were read, decompressed",
  },
  create(options, env) {
    const shared = {
      options,
      env,
      expected: expectations(options),
      tls: tlsClient(options.tls ?? { verify: true }),
      lookup: steadyLookup(env.clock),
    };
    return { open: (target, hint) => probe(shared, target, hint), close: async () => {} };
  },
});

interface Shared extends Pick<Parameters<typeof ask>[0], "tls" | "lookup"> {
  readonly options: HttpOptions;
  readonly env: Env;
  readonly expected: (target: Target) => Expected;
}

function probe(shared: Shared, target: Target, hint: Hint): Probe {
  const { options, env, tls, lookup } = shared;
  const expected = shared.expected(target);
  const peer = endpoint(target);
  const lost = (): void => hint(`${peer} closed the kept connection`);
  const connections = options.keep_alive ? keptConnection(options.scheme, lost) : freshConnections;
  const asker = { options, target, tls, lookup, connections, lost };
  return {
    async ask(signal): Promise<Observation> {
      const since = env.clock.now();
      const latencyMs = (): number => Math.round((env.clock.now() - since) * 10) / 10;
      try {
        const { answer, astray } = await ask(asker, () => earlyEnd(expected) ?? (() => false), signal);
        const facts = { latencyMs: latencyMs(), status: answer.status, bytes: answer.body.length };
        const wrong = astray ?? complaint(expected, answer);
        return wrong === null ? observed("pass", praise(expected, answer), facts) : observed("fail", wrong, facts);
      } catch (error) {
        if (signal.aborted) throw error;
        return failed(error, peer, { latencyMs: latencyMs(), status: null, bytes: 0 });
      }
    },
    close: async () => connections.close(),
  };
}
