import { z } from "zod";
import type { Memory, Target, TargetMemory } from "../core/types.ts";

/** What is kept of a pool across a restart; in a file all its times are wall times. */
export interface Remembered {
  readonly memory: Memory;
  /** The last list of each source, by the source's key. */
  readonly lists: Readonly<Record<string, readonly Target[]>>;
}

const target = z.strictObject({
  name: z.string(),
  host: z.string(),
  port: z.number(),
  meta: z.record(z.string(), z.string()),
  part: z.enum(["member", "backup", "reference"]),
}) satisfies z.ZodType<Target>;

const served = { up: z.boolean(), weight: z.number() };

const state = z.enum(["unknown", "up", "degraded", "down"]);

const targetMemory = z.strictObject({
  ...served,
  since: z.number(),
  flips: z.array(z.number()),
  address: z.string(),
  order: z.enum(["drain", "maint"]).nullable(),
  states: z.array(state),
  judged: state,
  base: z.number(),
  rampFrom: z.number().nullable(),
  follows: z.string().nullable(),
  prior: z.strictObject(served).nullable(),
}) satisfies z.ZodType<TargetMemory>;

const memory = z.strictObject({
  writer: z.string().nullable(),
  writerSince: z.number().nullable(),
  lineage: z.array(z.string()),
  served: z.string().nullable(),
  handoverUntil: z.number().nullable(),
  ousted: z.array(z.string()),
  agreement: z.strictObject({ says: z.string(), at: z.number(), by: z.string() }).nullable(),
  brakedSince: z.number().nullable(),
  held: z.record(z.string(), z.strictObject(served)),
  brakeSpent: z.boolean(),
  kept: z.array(z.string()),
  swap: z.strictObject({ out: z.string(), into: z.string() }).nullable(),
  weighed: z.array(z.string()),
  checks: z.array(z.string()).exactOptional(),
  targets: z.record(z.string(), targetMemory),
}) satisfies z.ZodType<Memory>;

/** The shape of a pool's file in state_dir. */
export const rememberedFile = z.strictObject({
  version: z.literal(1),
  pool: z.string(),
  /** Wall time. */
  savedAt: z.number(),
  memory,
  lists: z.record(z.string(), z.array(target)),
});
