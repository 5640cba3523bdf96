// The shapes of all answers: what the API promises, what /api/openapi.json is made from, and what the page reads.
import { z } from "zod";

const time = (says: string) => z.iso.datetime().describe(`${says} (wall time, UTC)`);
const percent = (says: string) => z.number().int().min(0).max(100).describe(says);
const upDown = z.enum(["up", "down"]);
const judged = z.enum(["unknown", "up", "degraded", "down"]);
const facts = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .describe("what the probe measured; the unit is in the name");

/** An operator's order. */
export const orderAnswer = z
  .strictObject({
    order: z.enum(["drain", "maint"]).describe("drain: up with weight 0; maint: down"),
    owner: z.string(),
    reason: z.string(),
    since: time("when it was given"),
    until: time("when it ends by itself").nullable(),
  })
  .meta({ id: "Order" });

/** One rule of the chain. */
export const stepAnswer = z
  .strictObject({
    rule: z.enum(["judge", "weight", "override", "damping", "floor", "writer", "fallback", "brake"]),
    state: upDown,
    weight: percent("the weight after this rule, in percent"),
    note: z.string(),
  })
  .meta({ id: "Step" });

/** An alarm of a pool. */
export const alarmAnswer = z
  .strictObject({ code: z.string(), text: z.string(), target: z.string().nullable() })
  .meta({ id: "Alarm" });

/** A pool in a list. */
export const poolSummary = z
  .strictObject({
    name: z.string(),
    group: z.string().nullable(),
    role: z.enum(["readers", "writer"]),
    settled: z.boolean().describe("false: not everything has answered once since start, so nothing is changed yet"),
    state: z
      .enum(["unknown", "down", "degraded", "up"])
      .describe("unknown: not settled; down: nobody serves; degraded: an alarm, or a member that is out unordered"),
    revision: z.number().int().describe("grows with every decision"),
    members: z.number().int(),
    serving: z.number().int().describe("members that may take traffic: up, weight above 0, no order"),
    ordered: z.number().int().describe("members under an order"),
    needed: z.number().int().describe("what `at_least` comes to"),
    backups: z.array(z.string()).describe("targets that serve now by `fallback`"),
    alarms: z.array(alarmAnswer),
  })
  .meta({ id: "PoolSummary" });

/** A target in its pool. */
export const targetSummary = z
  .strictObject({
    id: z.string().describe("pool/target"),
    name: z.string(),
    address: z.string().describe("host:port"),
    part: z.enum(["member", "backup", "reference"]),
    state: upDown.nullable().describe("the verdict; null: none yet"),
    weight: percent("the weight of the verdict, in percent"),
    serves: z.boolean().describe("may take traffic: up, weight above 0, no order"),
    judged: judged.describe("what its checks say together, before the rules of the pool"),
    pending: z.boolean().describe("a change is being confirmed"),
    stale: z.boolean().describe("the verdict is older than `stale_after`"),
    reason: z.string(),
    since: time("when it went up or down").nullable(),
    observedAt: time("when it was last looked at").nullable(),
    order: orderAnswer.nullable(),
    facts,
    recent: z
      .string()
      .regex(/^[pwfu]*$/)
      .describe("the last outcomes, at most 50, oldest first: p pass, w warn, f fail, u unknown"),
    trend: z
      .strictObject({ fact: z.string(), values: z.array(z.number().nullable()) })
      .nullable()
      .describe("the fact that the weight follows, else the lag: one value for each letter of `recent`"),
  })
  .meta({ id: "TargetSummary" });

const next = z.string().nullable().describe("give it as `after` to get the rest; null: this is the end");

/** GET /api/pools. */
export const poolsAnswer = z
  .strictObject({ now: time("now"), pools: z.array(poolSummary), next })
  .meta({ id: "Pools" });

/** GET /api/pools/POOL. */
export const poolAnswer = z
  .strictObject({ now: time("now"), pool: poolSummary, targets: z.array(targetSummary), next })
  .meta({ id: "Pool" });

/** The verdict of a target with the chain that led to it. */
export const verdictAnswer = z
  .strictObject({
    state: upDown,
    weight: percent("in percent"),
    order: z.enum(["drain", "maint"]).nullable(),
    reason: z.string(),
    since: time("when it went up or down"),
    observedAt: time("of the oldest observation it rests on"),
    staleAt: time("later it is no news").nullable().describe("null: never, as there is no check"),
    chain: z.array(stepAnswer),
  })
  .meta({ id: "Verdict" });

/** One check of a target. */
export const checkAnswer = z
  .strictObject({
    type: z.string(),
    state: judged,
    since: time("when this state began"),
    pending: z.boolean(),
    streak: z.number().int().describe("observations in a row against the state, counted so far"),
    blind: z.string().nullable().describe("why nothing can be known now"),
    observedAt: time("of the last observation").nullable(),
    outcome: z.enum(["pass", "warn", "fail", "unknown"]).nullable(),
    reason: z.string().nullable(),
    facts,
    everyMs: z.number(),
    fastMs: z.number(),
    rise: z.number().int(),
    fall: z.number().int(),
    cron: z.string().nullable(),
  })
  .meta({ id: "Check" });

/** One observation of the history. */
export const observationAnswer = z
  .strictObject({
    id: z.number().int(),
    at: time("when it was made"),
    check: z.string(),
    by: z.enum(["timer", "poll", "event", "request"]),
    tookMs: z.number(),
    outcome: z.enum(["pass", "warn", "fail", "unknown"]),
    reason: z.string(),
    facts,
  })
  .meta({ id: "Observation" });

/** One change of a verdict in the history. */
export const changeAnswer = z
  .strictObject({
    id: z.number().int(),
    at: time("when it changed"),
    state: upDown,
    weight: percent("in percent"),
    order: z.enum(["drain", "maint"]).nullable(),
    reason: z.string(),
    chain: z.array(stepAnswer),
  })
  .meta({ id: "Change" });

/** What an outlet told, and what was shown afterwards. */
export const deliveryAnswer = z
  .strictObject({
    outlet: z.string(),
    about: z.string(),
    state: z.enum(["synced", "pending", "failed"]),
    at: time("when it was told"),
    told: z.string(),
    shown: z.string().nullable().describe("what HAProxy or the registry had afterwards"),
    error: z.string().nullable(),
  })
  .meta({ id: "Delivery" });

/** An order or alarm of the history. */
export const noteAnswer = z
  .strictObject({ id: z.number().int(), at: time("when").nullable(), code: z.string(), text: z.string() })
  .meta({ id: "Note" });

/** The verdict in words. */
export const explanation = z
  .strictObject({
    lines: z
      .array(z.strictObject({ about: z.string(), text: z.string() }))
      .describe("six lines: verdict, seen, order, pool, told, change"),
    would: z
      .array(z.string())
      .min(1)
      .describe("what would change the verdict, as the rules themselves say, the nearest first (the line `change`)"),
  })
  .meta({ id: "Explanation" });

/** GET /api/pools/POOL/TARGET. */
export const targetAnswer = z
  .strictObject({
    now: time("now"),
    pool: poolSummary,
    target: targetSummary,
    meta: z.record(z.string(), z.string()).describe("what the source says of it beside its address"),
    verdict: verdictAnswer.nullable(),
    agent: z.strictObject({
      line: z.string().describe("the exact line HAProxy is told, without its line end"),
      changes: z.boolean().describe("false: a line that changes nothing in HAProxy"),
    }),
    checks: z.array(checkAnswer),
    history: z.array(observationAnswer).describe("at most 50, oldest first"),
    changes: z.array(changeAnswer).describe("at most 20, oldest first"),
    deliveries: z.array(deliveryAnswer).describe("the last of each outlet, of the target and of its pool"),
    notes: z.array(noteAnswer).describe("orders and alarms, oldest first"),
    explain: explanation,
  })
  .meta({ id: "Target" });

export type OrderAnswer = z.infer<typeof orderAnswer>;
export type StepAnswer = z.infer<typeof stepAnswer>;
export type AlarmAnswer = z.infer<typeof alarmAnswer>;
export type PoolSummary = z.infer<typeof poolSummary>;
export type TargetSummary = z.infer<typeof targetSummary>;
export type PoolsAnswer = z.infer<typeof poolsAnswer>;
export type PoolAnswer = z.infer<typeof poolAnswer>;
export type VerdictAnswer = z.infer<typeof verdictAnswer>;
export type CheckAnswer = z.infer<typeof checkAnswer>;
export type ObservationAnswer = z.infer<typeof observationAnswer>;
export type ChangeAnswer = z.infer<typeof changeAnswer>;
export type DeliveryAnswer = z.infer<typeof deliveryAnswer>;
export type NoteAnswer = z.infer<typeof noteAnswer>;
export type Explanation = z.infer<typeof explanation>;
export type TargetAnswer = z.infer<typeof targetAnswer>;
