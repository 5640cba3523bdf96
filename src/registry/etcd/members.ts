import type { IPolicy, NoopPolicy } from "cockatiel";
import type { Clock } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";

/** How long a member that has failed is left out while another one works. */
const OUT_MS = 30_000;

/** Which of several members are asked, in the library's words: it draws one at random for every call, dead ones too. */
export interface Members {
  readonly host: () => IPolicy;
  readonly global: IPolicy;
  /** The member that was asked last has not answered in time, and the library does not know. */
  blame(): void;
}

interface Member {
  outUntil: Ms;
}

/** Makes the policies for `count` members: one that fails is left out for a while, and the call goes to another. */
export function createMembers(
  count: number,
  clock: Clock,
  library: { readonly noop: NoopPolicy; readonly recoverable: (error: Error) => boolean },
): Members {
  const { noop, recoverable } = library;
  const members: Member[] = [];
  let last: Member | null = null;
  const isOut = (member: Member): boolean => member.outUntil > clock.now();
  const leave = (member: Member): void => {
    member.outUntil = clock.now() + OUT_MS;
  };
  const policy = (execute: IPolicy["execute"]): IPolicy => ({
    _altReturn: noop._altReturn,
    onSuccess: noop.onSuccess,
    onFailure: noop.onFailure,
    execute,
  });
  const host = (): IPolicy => {
    const member: Member = { outUntil: 0 };
    members.push(member);
    return policy(async (call, signal) => {
      if (isOut(member) && !members.every(isOut)) throw new LeftOut("this member has failed a moment ago");
      last = member;
      try {
        return await noop.execute(call, signal);
      } catch (error) {
        if (error instanceof Error && recoverable(error)) leave(member);
        throw error;
      }
    });
  };
  const global = policy(async (call, signal) => {
    for (let left = count - 1; ; left -= 1) {
      try {
        return await noop.execute(call, signal);
      } catch (error) {
        const another = error instanceof LeftOut || (error instanceof Error && recoverable(error));
        if (!another || left <= 0) throw error;
      }
    }
  });
  return { host, global, blame: () => last !== null && leave(last) };
}

class LeftOut extends Error {}
