import type { RegistryReader } from "../contract.ts";
import { Agenda } from "./agenda.ts";
import type { Member } from "./member.ts";
import { Retries } from "./retry.ts";
import { renderRound } from "./round.ts";
import type { RoundEnv } from "./round-env.ts";
import { type Feed, type FeedEnv, openFeed } from "./source/feed.ts";

const shareReload = (a: Member, b: Member): boolean =>
  a.resource.reloadCmd !== "" && a.resource.reloadCmd === b.resource.reloadCmd;

/** Renders each resource when its keys change, until the signal fires; what fails is tried again with growing pauses. */
export async function watchLoop(
  members: readonly Member[],
  reader: RegistryReader,
  feedEnv: FeedEnv,
  env: Omit<RoundEnv, "entries">,
): Promise<void> {
  const { clock, signal } = env;
  const agenda = new Agenda<Member>();
  const retries = new Retries(clock);
  const news = (path: string): void => {
    for (const member of members)
      if (member.paths.includes(path)) agenda.mark(member, clock.now(), member.resource.rules.debounceMs);
  };
  const feed: Feed = openFeed(
    reader,
    members.flatMap(({ paths }) => paths),
    feedEnv,
    signal,
    news,
  );
  for (const member of members) if (member.paths.length === 0) agenda.mark(member, clock.now(), 0);
  while (await untilDue(agenda, env)) {
    const due = agenda.take(clock.now(), shareReload).filter(({ paths }) => feed.knows(paths));
    const outcomes = await renderRound(due, { ...env, entries: feed.entries });
    for (const [member, outcome] of outcomes) {
      const pauseMs = retries.pause(member, outcome);
      if (pauseMs !== null) agenda.retry(member, clock.now() + pauseMs);
    }
  }
}

/** Resolves to true when something is due, to false when the signal fires. */
function untilDue(agenda: Agenda<Member>, { clock, signal }: Pick<RoundEnv, "clock" | "signal">): Promise<boolean> {
  return new Promise((done) => {
    let cancel = (): void => {};
    const end = (): void => {
      cancel();
      agenda.onChange = () => {};
      signal.removeEventListener("abort", end);
      done(!signal.aborted);
    };
    const look = (): void => {
      cancel();
      const { next } = agenda;
      if (signal.aborted || (next !== null && next <= clock.now())) end();
      else if (next !== null) cancel = clock.at(next, look);
    };
    signal.addEventListener("abort", end, { once: true });
    agenda.onChange = look;
    look();
  });
}
