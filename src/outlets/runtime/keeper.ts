import type { OutletEnv } from "../../contract.ts";
import type { PoolView } from "../../core/types.ts";
import { describeError } from "../../errors.ts";
import { HaproxyError } from "../../haproxy/answer.ts";
import { type Reporter, reporter } from "../publish/report.ts";
import type { Told } from "./tally.ts";

/** Tells what one socket shows of a target; `view` is what it was told from. */
export type Tell = (view: PoolView, target: string, told: Told) => void;

/** Keeps one backend of one socket as the board says. */
export interface Keeper {
  see(view: PoolView): void;
  /** HAProxy answers, perhaps without anything that was said to it. */
  look(): void;
  /** It is no longer as it was: silent, or its servers were changed by whomever. */
  moved(): void;
  stop(): Promise<void>;
  /** Takes back what is ours. */
  release(signal: AbortSignal): Promise<void>;
}

/** A reporter for those who look again and again: it tells what is new. That a socket does not answer is logged by its watch. */
export function newsReporter(env: OutletEnv): Pick<Reporter, "synced" | "failed"> {
  const report = reporter(env, "runtime");
  const last = new Map<string, string>();
  const isNews = (about: string, text: string): boolean => {
    const was = last.get(about);
    last.set(about, text);
    return was !== text;
  };
  return {
    synced(about, told, shown) {
      if (isNews(about, `synced ${told} ${shown}`)) report.synced(about, told, shown);
    },
    failed(about, told, error) {
      const text = describeError(error);
      if (!isNews(about, `failed ${told} ${text}`)) return;
      if (!(error instanceof HaproxyError) || error.kind !== "unreachable") report.failed(about, told, error);
      else
        env.report({ outlet: "runtime", about, state: "failed", at: env.clock.now(), told, shown: null, error: text });
    },
  };
}
