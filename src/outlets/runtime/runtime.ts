import { defineOutlet, type OutletEnv, type Part } from "../../contract.ts";
import { describeError } from "../../errors.ts";
import { dryClient, type HaproxyClient, haproxyClient } from "../../haproxy/client.ts";
import { watchProcess } from "../../haproxy/watch.ts";
import { fillPool } from "../publish/template.ts";
import type { Keeper, Tell } from "./keeper.ts";
import { type RuntimeOptions, runtimeOptions } from "./options.ts";
import { DownPusher } from "./push.ts";
import { SlotKeeper } from "./slots.ts";
import { keepState, type StateKeeper } from "./state.ts";
import { tallyOf } from "./tally.ts";

interface Door {
  readonly client: HaproxyClient;
  readonly keeper: Keeper;
  readonly state: StateKeeper | null;
  readonly leave: () => void;
}

function doorsOf(given: RuntimeOptions, env: OutletEnv): readonly Door[] {
  const words = { pool: env.pool, group: env.board.pool(env.pool)?.group ?? null };
  const filled = (text: string): string => fillPool(text, words);
  const backend = filled(given.backend);
  const tally = tallyOf(env);
  return given.sockets.map(filled).map((address, index) => {
    const real = haproxyClient({ address, timeoutMs: given.timeout, clock: env.clock });
    const client = env.dryRun ? dryClient(real, env.log) : real;
    const socket = `${backend} at ${address}`;
    const leave = tally.join(socket);
    const tell: Tell = (view, target, told) => tally.tell(env, socket, view, target, told);
    const file = env.dryRun ? undefined : given.state_file?.[index];
    const state = file === undefined ? null : keepState(filled(file), real, env);
    const slots = given.slots?.map(filled);
    const keeper =
      slots === undefined
        ? new DownPusher(client, { backend, server: given.server }, env, tell)
        : new SlotKeeper(client, { backend, slots, drainForMs: given.drain_for, state }, env, tell);
    return { client, keeper, state, leave };
  });
}

function watchDoor({ client, keeper, state }: Door, given: RuntimeOptions, env: OutletEnv, signal: AbortSignal): void {
  const { pool, log } = env;
  watchProcess(client, env.clock, given.watch, signal, (news) => {
    if (news.kind === "silent") log("warn", `HAProxy does not answer: ${news.error}`, { pool });
    else state?.changed();
    if (news.kind !== "answers") {
      keeper.moved();
      return;
    }
    const { version, pid } = news.process;
    if (news.anew)
      log("info", `HAProxy ${version} at ${client.address}, pid ${pid}: its state is brought up to date`, { pool });
    keeper.look();
  });
}

function startRuntime(given: RuntimeOptions, env: OutletEnv) {
  const ended = new AbortController();
  const doors = doorsOf(given, env);
  const tally = tallyOf(env);
  env.board.follow((view) => {
    if (view.pool !== env.pool) return;
    tally.see(view);
    for (const { keeper } of doors) keeper.see(view);
  }, ended.signal);
  for (const door of doors) watchDoor(door, given, env, ended.signal);
  return {
    async stop(why: "exit" | "removed" | "replaced"): Promise<void> {
      ended.abort();
      for (const { leave } of doors) leave();
      await Promise.all(doors.map(({ keeper }) => keeper.stop()));
      if (given.on_exit === "remove" && why !== "replaced" && !env.dryRun) await release(doors, env);
      await Promise.all(doors.map(({ state }) => state?.leave()));
    },
  };
}

async function release(doors: readonly Door[], env: OutletEnv): Promise<void> {
  const signal = new AbortController().signal; // each command has the time-out of its client
  const all = doors.map(({ keeper }) =>
    keeper
      .release(signal)
      .catch((error) => env.log("warn", `slots could not be emptied: ${describeError(error)}`, { pool: env.pool })),
  );
  await Promise.all(all);
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
