import { z } from "zod";
import { duration } from "../options.ts";
import { key } from "./about.ts";
import { POOL_DEFAULTS } from "./defaults.ts";
import { durationOr, FOREVER_MS } from "./values.ts";

/** A small whole number from 1. */
export const count = () => z.number().int().min(1).max(1000);
/** The default of a key in words. */
export const on = (text: string): { readonly default: string } => ({ default: text });

/** When a target is asked and how its answers are counted; may stand in a check, a pool and `defaults`. */
export const TIMING = {
  every: key(duration(), {
    says: "Time between two probes of a target while nothing changes. Short enough that an outage is seen in time, long enough that probing is no load. Not together with `cron`.",
    ...on(POOL_DEFAULTS.every),
    example: "2s",
  }),
  cron: key(z.string().min(1), {
    says: "When to probe, as a crontab says it: five fields, or six with seconds first. For checks that shall run at set times; local time.",
    ...on("-"),
    example: '"*/10 * * * * *"',
  }),
  fast: key(duration(), {
    says: "Time between two probes while a change is being confirmed, so that `fall` probes do not take `fall` x `every`. Never longer than `every`.",
    ...on(
      `${POOL_DEFAULTS.fast}; \`exec\`: = \`every\`, because a process costs more than a packet (with \`cron\` 2s)`,
    ),
    example: "250ms",
  }),
  timeout: key(duration(), {
    says: "Longest time of one probe, from the name lookup to the last byte. What takes longer failed.",
    ...on(POOL_DEFAULTS.timeout),
    example: "1s",
  }),
  rise: key(count(), {
    says: "Passes in a row until a target is up. More than one keeps a server out that only just answers.",
    ...on(String(POOL_DEFAULTS.rise)),
    example: "2",
  }),
  fall: key(count(), {
    says: "Failures in a row until a target is down. More than one forgives a lost packet; a connection that drops and cannot be made again counts as `fall` at once.",
    ...on(String(POOL_DEFAULTS.fall)),
    example: "3",
  }),
};

/** How answers become a verdict, and how fresh it must be. */
export const JUDGING = {
  first: key(z.enum(["at_once", "counted"]), {
    says: "What decides a target without a former verdict: its first answer (`at_once`, so that a start is quick), or `rise` and `fall` as ever (`counted`).",
    ...on(POOL_DEFAULTS.first),
    example: "at_once",
  }),
  fall_for: key(duration(), {
    says: "Least time that failures must last before a target is down, whatever `fall` says. Bridges a fail-over of known length.",
    ...on(POOL_DEFAULTS.fall_for),
    example: "3s",
  }),
  unknown_for: key(duration(), {
    says: "How long a verdict is held while checkd itself is at fault (password refused, missing grant); later the target is degraded at most.",
    ...on(POOL_DEFAULTS.unknown_for),
    example: "30m",
  }),
  max_age: key(durationOr("inf", FOREVER_MS), {
    says: "Oldest answer that a poll is content with; an older one triggers a probe that all who poll share. `0`: each poll probes, as xinetd did; `inf`: polls never probe.",
    ...on("`every` / 2; with `cron`: inf"),
    example: "1s",
  }),
  wait: key(durationOr("auto", -1), {
    says: "Longest time that a poll waits for the probe it triggered. `auto`: a third of the shortest time between that peer's polls, 200ms until that is known, at most 1s, so that HAProxy never gives up first.",
    ...on(POOL_DEFAULTS.wait),
    example: "auto",
  }),
  stale_after: key(duration(), {
    says: "Age from which a verdict is no news any more: an up is not repeated then, a down is repeated with its age.",
    ...on("3 x the longer of `every` and `timeout`; with `cron`: twice its longest gap"),
    example: "10s",
  }),
  settle: key(duration(), {
    says: "Longest time after start during which nothing is written anywhere, until every target has answered once.",
    ...on("the larger of `rise` and `fall` x `fast` + `timeout`"),
    example: "3s",
  }),
};
