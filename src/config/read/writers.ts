import type { Loading } from "../loading.ts";
import type { AgentSettings, PoolSettings } from "../settings.ts";

/**
 * Warns of pools that elect a writer and forget whom when checkd ends: after a fail-over in the meantime the first poll
 * of the new writer may come before the next one of the old, and HAProxy has two up between them.
 */
export function warnOfForgotten(loading: Loading, pools: readonly PoolSettings[], agent: AgentSettings): void {
  const shared = agent.listen.length + agent.http.length > 0;
  for (const { name, policy, targets, sources } of pools) {
    const told = shared || agent.ports.some(({ pool }) => pool === name);
    const several = sources.length > 0 || targets.filter(({ part }) => part === "member").length > 1;
    if (policy.role !== "writer" || !told || !several) continue;
    const danger = "after a fail-over while checkd is down HAProxy may have two servers up until its next poll";
    loading.warn(["pools", name, "role"], `${danger}: set state_dir, where the last writer is remembered`);
  }
}
