import { Page, type PageEnv } from "./page.ts";
import type { Resource } from "./resource/resource.ts";
import { topPaths } from "./source/key-names.ts";
import { Store } from "./source/store.ts";
import type { Known } from "./transaction/file-state.ts";
import type { KeysKnown } from "./transaction/shrink.ts";

/** A resource with all that is kept between two renders of it. */
export interface Member {
  readonly resource: Resource;
  /** Where its keys are in the registry; none is below another. */
  readonly paths: readonly string[];
  readonly store: Store;
  readonly page: Page;
  /** How many keys the file in place was made of; null: not rendered yet. */
  known: KeysKnown | null;
  /** What was rendered last: mostly what is in place at the next render. */
  made: Known | null;
  /** The warning about control characters was given. */
  warned: boolean;
  /** That the old file stays for want of keys was said. */
  told: boolean;
}

/** A resource that was not rendered yet. */
export function createMember(resource: Resource, env: PageEnv): Member {
  const store = new Store(resource.prefix);
  const page = new Page(resource.src, store.keys, env);
  return {
    resource,
    paths: topPaths(resource.paths),
    store,
    page,
    known: null,
    made: null,
    warned: false,
    told: false,
  };
}

/** Members of these resources; what is known of one that did not change is kept. */
export function membersOf(
  resources: readonly Resource[],
  before: readonly Member[],
  make: (resource: Resource) => Member,
): readonly Member[] {
  const kept = new Map(before.map((member) => [member.resource.digest, member]));
  return resources.map((resource) => kept.get(resource.digest) ?? make(resource));
}
