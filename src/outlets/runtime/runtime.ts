import { defineOutlet, type OutletEnv, type Part } from "../../contract.ts";
import { describeError } from "../../errors.ts";
import { dryClient, type HaproxyClient, haproxyClient } from "../../haproxy/client.ts";
import { watchProcess } from "../../haproxy/watch.ts";
import { fillPool } from "../publish/template.ts";
import { type RuntimeOptions, runtimeOptions } from "./options.ts";
import { DownPusher } from "./push.ts";
import { SlotKeeper } from "./slots.ts";
import { createTally } from "./tally.ts";

type Keeper = SlotKeeper | DownPusher;

function keepersOf(
  given: RuntimeOptions,
  env: OutletEnv,
): readonly { readonly client: HaproxyClient; readonly keeper: Keeper }[] {
  const backend = fillPool(given.backend, { pool: env.pool, group: null });
  const tally = createTally(env, given.sockets.length);
  return given.sockets.map((address, index) => {
    const real = haproxyClient({ address, timeoutMs: given.timeout, clock: env.clock });
    const client = env.dryRun ? dryClient(real, env.log) : real;
    if (given.slots === undefined)
      return {
        client,
        keeper: new DownPusher(client, { backend, server: given.server }, env, (target, state, shown) =>
          tally(address, target, state, shown),
        ),
      };
    const stateFile = index === 0 && !env.dryRun ? (given.state_file ?? null) : null;
    return {
      client,
      keeper: new SlotKeeper(client, { backend, slots: given.slots, drainForMs: given.drain_for, stateFile }, env),
    };
  });
}

function startRuntime(given: RuntimeOptions, env: OutletEnv) {
  const ended = new AbortController();
  const keepers = keepersOf(given, env);
  env.board.follow((view) => {
    if (view.pool === env.pool) for (const { keeper } of keepers) keeper.see(view);
  }, ended.signal);
  for (const { client, keeper } of keepers)
    watchProcess(client, env.clock, given.watch, ended.signal, (now) => {
      if (now.process === null)
        env.log("warn", `HAProxy at ${client.address} does not answer: ${now.error}`, { pool: env.pool });
      else {
        env.log(
          "info",
          `HAProxy ${now.process.version} at ${client.address}, pid ${now.process.pid}: its state is brought up to date`,
          { pool: env.pool },
        );
        keeper.look();
      }
    });
  return {
    async stop(why: "exit" | "removed" | "replaced"): Promise<void> {
      ended.abort();
      await Promise.all(keepers.map(({ keeper }) => keeper.stop()));
      if (given.on_exit === "remove" && why !== "replaced") await release(keepers, env);
    },
  };
}

async function release(keepers: ReturnType<typeof keepersOf>, env: OutletEnv): Promise<void> {
  const signal = new AbortController().signal; // each command has the time-out of its client
  for (const { keeper } of keepers) {
    if (!(keeper instanceof SlotKeeper)) continue;
    await keeper
      .release(signal)
      .catch((error) => env.log("warn", `slots could not be emptied: ${describeError(error)}`, { pool: env.pool }));
  }
}

/** HAProxy over its runtime sockets: downs at once for servers that ask our agent, or whole slots that checkd owns. */
export const runtime = defineOutlet({
  name: "runtime",
  summary: "HAProxy's runtime sockets: downs told at once, or slots kept as the verdicts say",
  options: runtimeOptions,
  facts: {},
  create: (given, env): Part => ({
    key: `runtime ${env.pool} ${given.backend} ${given.sockets.join(" ")}`,
    start: async () => startRuntime(given, env),
  }),
});
