import { resolve } from "node:path";
import { type Candidate, makeCandidate } from "./candidate.ts";
import type { Member } from "./member.ts";
import type { Outcome } from "./outcome.ts";
import type { RoundEnv } from "./round-env.ts";
import { unifiedDiff } from "./transaction/diff.ts";
import { recover } from "./transaction/recover.ts";
import { judgeShrink } from "./transaction/shrink.ts";
import type { About } from "./transaction/shrink-memory.ts";
import { type Stage, stageFile, sweepStages } from "./transaction/stage.ts";
import { type Change, replaceFiles } from "./transaction/transaction.ts";

/** Renders some resources and puts in place what changed; one that fails stops no other. */
export async function renderRound(members: readonly Member[], given: RoundEnv): Promise<ReadonlyMap<Member, Outcome>> {
  const env = { ...given, entries: readOnce(given.entries) };
  const outcomes = new Map<Member, Outcome>();
  const owing = env.noop || env.syncOnly ? new Map<string, Error>() : await recover(resourcesOf(members), env);
  const groups = new Map<string, Staged[]>();
  for (const member of members) {
    try {
      const prepared = await prepare(member, env);
      if ("stage" in prepared) add(groups, member.resource.reloadCmd, prepared);
      else outcomes.set(member, stillOwing(prepared, owing.get(member.resource.dest)));
    } catch (error) {
      outcomes.set(member, failed(error));
    }
  }
  for (const [command, group] of groups) {
    const together = command === "" ? group.map((one) => [one]) : [group];
    for (const some of together) {
      try {
        await commit(some, outcomes, env);
      } catch (error) {
        for (const { candidate } of some) outcomes.set(candidate.member, failed(error));
      }
    }
  }
  if (!env.signal.aborted)
    for (const [{ resource }, outcome] of outcomes) {
      if (outcome.kind === "failed") env.log("error", outcome.error.message);
      env.told?.(resource.dest, outcome);
    }
  return outcomes;
}

/** Resources that read the same keys see the same moment. */
function readOnce(entries: RoundEnv["entries"]): RoundEnv["entries"] {
  const reads = new Map<string, ReturnType<RoundEnv["entries"]>>();
  return (paths, signal) => {
    const key = paths.join("\0");
    const read = reads.get(key) ?? entries(paths, signal);
    reads.set(key, read);
    return read;
  };
}

const resourcesOf = (members: readonly Member[]) =>
  members.map(({ resource }) => resource).filter(({ dest }) => dest !== "");

const failed = (error: unknown): Outcome => ({
  kind: "failed",
  error: error instanceof Error ? error : new Error(String(error)),
});

const stillOwing = (outcome: Outcome, error: Error | undefined): Outcome =>
  error !== undefined && outcome.kind === "in sync" ? { kind: "failed", error } : outcome;

interface Staged {
  readonly candidate: Candidate;
  readonly stage: Stage;
}

function add(groups: Map<string, Staged[]>, command: string, one: Staged): void {
  const group = groups.get(command);
  if (group === undefined) groups.set(command, [one]);
  else group.push(one);
}

/** Renders, compares, and stages what differs. */
async function prepare(member: Member, env: RoundEnv): Promise<Staged | Outcome> {
  const { resource } = member;
  const { dest } = resource;
  const candidate = await makeCandidate(member, env);
  const { bytes, wanted, seen, lines } = candidate;
  const stage = env.keepStageFile ? await stageFile(dest, { ...wanted, bytes }, true) : null;
  if (stage !== null) env.log("info", `Keeping staged file: ${stage.path}`);
  env.log("debug", `Comparing candidate config to ${dest}`);
  for (const line of lines) env.log("info", line);
  const inSync = seen !== null && lines.length === 0;
  const held = inSync ? await remembered(candidate, env) : await heldBack(candidate, env);
  if (held !== null) return held;
  if (env.noop) return showNoop(candidate, env);
  if (inSync) {
    env.log("debug", `Target config ${dest} in sync`);
    return { kind: "in sync" };
  }
  env.log("info", `Target config ${dest} out of sync`);
  await sweepStages(dest, env.clock.wall());
  return { candidate, stage: stage ?? (await stageFile(dest, { ...wanted, bytes }, false)) };
}

function showNoop({ member, bytes, seen }: Candidate, env: RoundEnv): Outcome {
  const { dest } = member.resource;
  env.log("warning", `Noop mode enabled. ${dest} will not be modified`);
  env.show(unifiedDiff(seen?.content.toString() ?? "", bytes.toString(), dest, `${dest} (new)`));
  return { kind: "not modified" };
}

const aboutOf = ({ resource, page }: Member, md5: string): About => ({
  dest: resolve(resource.dest),
  digest: `${resource.digest} ${page.digest}`,
  md5,
});

const guarded = ({ paths, resource }: Member): boolean => paths.length > 0 && resource.rules.shrinkGuard !== null;

/** The file in place is made of these keys: that is what the next ones are compared with. */
async function remembered({ member, wanted }: Candidate, env: RoundEnv): Promise<null> {
  member.told = false;
  if (!guarded(member) || env.noop) return null;
  const about = aboutOf(member, wanted.md5);
  const before = member.known ?? (await env.memory.recall(about));
  const known = { keys: member.store.size, shrunkSince: null };
  if (before?.keys !== known.keys || before.shrunkSince !== null) await env.memory.remember(about, known);
  member.known = known;
  return null;
}

/** The outcome when there are far fewer keys than the file in place was made of; null: they are taken. */
async function heldBack({ member, seen }: Candidate, env: RoundEnv): Promise<Outcome | null> {
  if (!guarded(member) || seen === null) return null;
  const about = aboutOf(member, seen.md5);
  const before = member.known ?? (await env.memory.recall(about));
  const verdict = judgeShrink(before, member.store.size, member.resource.rules.shrinkGuard, env.clock.wall());
  if (verdict.take) return null;
  member.known = verdict.known;
  if (before?.shrunkSince === null && !env.noop) await env.memory.remember(about, verdict.known);
  if (!member.told) {
    const end =
      verdict.until === null ? "until there are keys again" : `until ${new Date(verdict.until).toISOString()}`;
    env.log(
      "warning",
      `${member.resource.dest} stays as it is: ${verdict.why}. It stays ${end}, or with shrink_guard = "off"`,
    );
  }
  member.told = true;
  return { kind: "held", until: verdict.until };
}

async function commit(group: readonly Staged[], outcomes: Map<Member, Outcome>, env: RoundEnv): Promise<void> {
  const changes = new Map<Change, Candidate>(
    group.map(({ candidate, stage }) => [
      { resource: candidate.member.resource, bytes: candidate.bytes, md5: candidate.wanted.md5, stage },
      candidate,
    ]),
  );
  try {
    const results = await replaceFiles([...changes.keys()], env);
    for (const [change, candidate] of changes) {
      const error = results.get(change) ?? null;
      outcomes.set(candidate.member, error === null ? { kind: "updated" } : failed(error));
      if (error === null) await remembered(candidate, env);
    }
  } finally {
    if (!env.keepStageFile) for (const { stage } of group) await stage.drop();
  }
}
