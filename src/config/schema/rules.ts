import { z } from "zod";
import { duration, hostPort, share } from "../options.ts";
import { key } from "./about.ts";
import { POOL_DEFAULTS } from "./defaults.ts";
import { count, on } from "./timing.ts";
import { countOrShare, listOf, orOff } from "./values.ts";

const BRAKE = z.strictObject({
  share: key(share(), {
    says: "More than this share lost ...",
    default: POOL_DEFAULTS.brake.share,
    example: "50%",
  }),
  within: key(duration(), {
    says: "... within this time, while the references fail too ...",
    default: POOL_DEFAULTS.brake.within,
    example: "10s",
  }),
  for: key(duration(), {
    says: "... restores the verdicts from before and holds them at most so long.",
    default: POOL_DEFAULTS.brake.for,
    example: "5m",
  }),
});

const DAMPING = z.strictObject({
  max: key(duration(), {
    says: "Longest hold-down of a target that flaps.",
    default: POOL_DEFAULTS.damping.max,
    example: "5m",
  }),
  quiet: key(duration(), {
    says: "Time without a change after which its past is forgotten.",
    default: POOL_DEFAULTS.damping.quiet,
    example: "10m",
  }),
});

/** The values that `brake` and `damping` have where they do not say their own. */
export const USUAL = { brake: BRAKE.parse(POOL_DEFAULTS.brake), damping: DAMPING.parse(POOL_DEFAULTS.damping) };

/** Rules that only pools of readers have. */
export const READERS = {
  at_least: key(countOrShare(), {
    says: "How many targets stay up while that many still answer, even late or saturated ones. A number or a share of the pool.",
    ...on(String(POOL_DEFAULTS.at_least)),
    example: "50%",
  }),
  when_none_fit: key(z.enum(["all", "least_bad", "none"]), {
    says: "Who serves when no target passes but some still answer: all of these by weight, the best one, or none.",
    ...on(POOL_DEFAULTS.when_none_fit),
    example: "all",
  }),
  margin: key(share(), {
    says: "How much better a target must be to take the place of one that is kept by `at_least`. Keeps two equally late replicas from swapping.",
    ...on(POOL_DEFAULTS.margin),
    example: "20%",
  }),
  fallback: key(z.enum(["none", "primary"]), {
    says: "`primary`: while no target is up the primary serves (from the `mysql` source, or a target named `primary`); it leaves as soon as one is back.",
    ...on(POOL_DEFAULTS.fallback),
    example: "primary",
  }),
  reference: key(orOff(listOf(hostPort())), {
    says: "Addresses that are probed but never serve, to tell an outage of the pool from one of checkd's own network. Turns the brake on.",
    ...on("off"),
    example: '["10.0.0.1:80"]',
  }),
  brake: key(orOff(BRAKE), {
    says: "Is it me? When a large share is lost at once and the references fail as well, the verdicts from before are held. Needs `reference`.",
    ...on("off; with `reference`: the values below"),
    example: "{ share: 50%, within: 10s, for: 5m }",
  }),
};

/** Rules that only pools with one writer have. */
export const WRITER = {
  witness: key(z.enum(["none", "prefer", "require"]), {
    says: "Who must agree that a target is the writer: nobody, others when they are heard, or others always (a lone writer in a minority partition goes down then).",
    ...on("require with Sentinel, else prefer"),
    example: "require",
  }),
  witness_age: key(duration(), {
    says: "Oldest agreement that counts.",
    ...on(POOL_DEFAULTS.witness_age),
    example: "10s",
  }),
  handover: key(duration(), {
    says: "Longest time that a new writer waits until HAProxy has heard the old one's down. Break before make: two writers are worse than none.",
    ...on(POOL_DEFAULTS.handover),
    example: "10s",
  }),
};

/** Rules of a whole pool. */
export const RULES = {
  role: key(z.enum(["readers", "writer"]), {
    says: "`writer`: at most one target is up at any time.",
    ...on(POOL_DEFAULTS.role),
    example: "writer",
  }),
  require: key(z.union([z.enum(["all", "any"]), count()]), {
    says: "How many checks of a list must pass.",
    ...on(POOL_DEFAULTS.require),
    example: "any",
  }),
  ...READERS,
  ...WRITER,
  damping: key(orOff(DAMPING), {
    says: "A target that flaps waits longer each time before its next up; it makes degraded at most.",
    ...on("off"),
    example: "{ max: 5m, quiet: 10m }",
  }),
  shrink_guard: key(
    z.strictObject({
      share: key(share(), {
        says: "Share of a source's list that may vanish at once.",
        default: POOL_DEFAULTS.shrink_guard.share,
        example: "50%",
      }),
      for: key(duration(), {
        says: "How long a missing target that still passes is held.",
        default: POOL_DEFAULTS.shrink_guard.for,
        example: "10m",
      }),
    }),
    {
      says: "A list that suddenly lacks many targets is more often a broken registry than a broken site: those that still pass stay for a while.",
      ...on("{ share: 50%, for: 10m }"),
      example: "{ share: 50%, for: 10m }",
    },
  ),
  on_exit: key(z.enum(["keep", "remove"]), {
    says: "What becomes of published keys when checkd ends. `keep`: a restart is not an outage.",
    ...on(POOL_DEFAULTS.on_exit),
    example: "keep",
  }),
  agent_owns_admin: key(z.boolean(), {
    says: "Orders are told as `maint` and `ready`. Only where nobody else sets these on HAProxy: `ready` also ends a maintenance that an operator set there.",
    ...on(String(POOL_DEFAULTS.agent_owns_admin)),
    example: "true",
  }),
};
