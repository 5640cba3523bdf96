import { asks, defineChecker } from "../src/index.ts";
import { endpoint, failed, observed } from "./lib/reason.ts";
import { converse } from "./lib/tcp/conversation.ts";
import { play } from "./lib/tcp/dialogue.ts";
import { scripts } from "./lib/tcp/expectation.ts";
import { steadyLookup } from "./lib/tcp/lookup.ts";
import { tcpOptions } from "./lib/tcp/options.ts";
import { tlsClient } from "./lib/tls.ts";

/** Connects, and where asked speaks TLS, waits for a greeting, sends, and compares the answer. */
export const tcp = defineChecker({
  name: "tcp",
  summary: "connects; optionally TLS, a greeting, send and expect",
  options: tcpOptions,
  facts: {
    latencyMs: "from the start to the verdict, in milliseconds",
    bytes: "bytes that came",
    banner: "first line that came; null when none was waited for",
  },
  create(options, env) {
    const lookup = steadyLookup(env.clock);
    const scriptFor = scripts(options);
    const tls = options.tls === undefined ? null : tlsClient(options.tls);
    return asks(async (target, signal) => {
      const since = env.clock.now();
      const peer = endpoint(target);
      const latency = (): number => Math.round((env.clock.now() - since) * 10) / 10;
      const { host, port } = target;
      const talk = converse({ host, port, tls: tls?.(host) ?? null, lookup, maxBytes: options.max_answer }, signal);
      let ended: "politely" | "at once" = "at once";
      try {
        await talk.ready;
        const { banner, bytes, unmet, met } = await play(scriptFor(target), talk);
        const facts = { latencyMs: latency(), bytes, banner };
        if (unmet !== null) return observed("fail", unmet, facts);
        ended = "politely";
        return observed("pass", met, facts);
      } catch (error) {
        if (signal.aborted) throw error;
        return failed(error, peer, { latencyMs: latency(), bytes: 0, banner: null });
      } finally {
        talk.close(ended);
      }
    });
  },
});
