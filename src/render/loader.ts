import { describeError } from "../errors.ts";
import type { RenderLog } from "./log.ts";
import { createMember, type Member, membersOf } from "./member.ts";
import type { PageEnv } from "./page.ts";
import { type LoadOptions, loadResources } from "./resource/load.ts";

/** Reads conf.d at each call; what is known of resources that stay the same is kept. */
export type Loader = () => readonly Member[];

/** A loader that throws when a resource is broken. */
export function createLoader(options: LoadOptions, { log, ...env }: PageEnv & { readonly log: RenderLog }): Loader {
  let members: readonly Member[] = [];
  return () => {
    const resources = loadResources(options);
    if (resources === null)
      log("warning", `Cannot load template resources: confdir '${options.confdir}' does not exist`);
    else if (resources.length === 0) log("warning", "Found no templates");
    for (const { file } of resources ?? []) log("debug", `Loading template resource from ${file}`);
    members = membersOf(resources ?? [], members, (resource) => createMember(resource, env));
    return members;
  };
}

/** The same for a loop: what was loaded first is used first, and a resource broken later leaves those of before. */
export function patientLoader(first: readonly Member[], load: Loader, log: RenderLog): Loader {
  let fresh: readonly Member[] | null = first;
  let last = first;
  return () => {
    const known = fresh;
    fresh = null;
    if (known !== null) return known;
    try {
      last = load();
    } catch (error) {
      log("error", `${describeError(error)}; the resources of before go on`);
    }
    return last;
  };
}
