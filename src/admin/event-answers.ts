// What GET /api/events sends: the name of the event and the shape of its data.
import { z } from "zod";
import { alarmAnswer, changeAnswer, deliveryAnswer, observationAnswer, orderAnswer } from "./answers.ts";

const where = { pool: z.string(), target: z.string().nullable().describe("null: the whole pool") };

/** Events by name; ids grow, also over restarts. */
export const eventAnswers = {
  hello: z.strictObject({
    version: z.string(),
    now: z.iso.datetime(),
    resumed: z.boolean().describe("what was kept since Last-Event-ID follows; reload lists after a long absence"),
  }),
  verdict: z.strictObject({ ...where, ...changeAnswer.shape }),
  observed: z.strictObject({ ...where, ...observationAnswer.shape }),
  delivery: z.strictObject({ ...where, ...deliveryAnswer.shape }),
  alarm: z.strictObject({ ...where, ...alarmAnswer.shape }),
  order: z
    .strictObject({ ...where, at: z.iso.datetime(), order: orderAnswer.nullable() })
    .describe("an order began, changed or (null) ended"),
  audit: z.strictObject({ ...where, text: z.string() }).describe("who ordered or ended what, and why"),
  pool: z
    .strictObject({ ...where, at: z.iso.datetime(), what: z.enum(["configured", "listed"]) })
    .describe("settings or membership changed: read the pool anew"),
  heard: z.strictObject({ ...where, at: z.iso.datetime() }).describe("HAProxy is known to have taken the down"),
} as const;

export type EventName = keyof typeof eventAnswers;

/** Query of GET /api/events. */
export const eventsQuery = z.strictObject({
  pool: z.string().optional().describe("events of this pool only"),
  target: z.string().optional().describe("events of this target only, with `pool`"),
  observations: z.enum(["0", "1"]).optional().describe("1: every single observation too"),
});
