import type { Member } from "./member.ts";
import { wantedMode } from "./resource/mode.ts";
import type { RoundEnv } from "./round-env.ts";
import { differences, reachableOwner, type Wanted } from "./transaction/difference.ts";
import { type FileState, lookAt, md5 } from "./transaction/file-state.ts";
import { controlInOutput, refuseControl, refuseMisfits } from "./values/inspect.ts";

/** A rendered file, and what is in its place. */
export interface Candidate {
  readonly member: Member;
  readonly bytes: Buffer;
  readonly wanted: Wanted;
  readonly seen: FileState | null;
  /** What is different, a line each; with a file that is there and none, it is in sync. */
  readonly lines: readonly string[];
}

/** Reads the keys of a resource and renders it in memory. */
export async function makeCandidate(member: Member, env: RoundEnv): Promise<Candidate> {
  const { resource, store, page } = member;
  if (resource.dest === "") throw new Error(`${resource.file} has no dest`);
  const seen = await lookAt(resource.dest, member.made);
  const mode = wantedMode(resource.mode, seen?.mode ?? null);
  env.log("debug", "Retrieving keys from store");
  env.log("debug", `Key prefix set to ${resource.prefix}`);
  store.take(await env.entries(member.paths, env.signal));
  env.log("debug", `Got the following map from store: ${store.size} keys`);
  if (resource.rules.values === "strict") refuseControl(store.fresh);
  refuseMisfits(store.fresh, resource.schema);
  env.log("debug", `Using source template ${resource.src}`);
  const bytes = await page.render(env.signal);
  if (resource.rules.values === "any") warnOfControl(member, bytes, env);
  store.passed();
  member.made = { bytes, md5: md5(bytes) };
  const wanted = { ...reachableOwner(resource.uid, resource.gid), mode, md5: member.made.md5 };
  return { member, bytes, wanted, seen, lines: seen === null ? [] : differences(resource.dest, seen, wanted) };
}

function warnOfControl(member: Member, bytes: Buffer, { log }: RoundEnv): void {
  const { resource, store } = member;
  if (member.warned || !resource.checkCmd.includes("haproxy")) return;
  const key = controlInOutput(store.fresh, bytes);
  if (key === null) return;
  member.warned = true;
  log(
    "warning",
    `${resource.dest}: the value of ${key} has control characters: who writes it can write lines of the configuration; values = "strict" refuses that`,
  );
}
