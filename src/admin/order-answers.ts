// What orders are asked with and answered by.
import { z } from "zod";
import { parseDuration } from "../core/duration.ts";
import { orderAnswer } from "./answers.ts";

const LONGEST_MS = 366 * 86_400_000;

/** A line that people write and the agent tells on: no control characters. */
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(most, `must not be longer than ${most} letters`)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, "must not hold control characters");

const owner = line(64).describe("who orders it");
const reason = line(200).describe("why, for whoever finds it at night");
const force = z.boolean().describe("also when fewer targets remain than `at_least` asks for");

/** How long an order stands: `30m`. */
const span = z
  .string()
  .refine((text) => {
    const ms = parseDuration(text);
    return ms !== null && ms >= 1000 && ms <= LONGEST_MS;
  }, "write 30m, 2h or 1d (1s to 366d)")
  .describe("how long it stands, as 30m; without it the order stands until it is ended, and alarms after a day");

/** Body of POST /api/pools/POOL/TARGET/override. */
export const orderBody = z
  .strictObject({
    order: z.enum(["drain", "maint"]).describe("drain: no new sessions; maint: out"),
    owner,
    reason,
    for: span.optional(),
    force: force.optional(),
  })
  .meta({ id: "OrderBody" });

/** Query of DELETE /api/pools/POOL/TARGET/override. */
export const orderEnd = z.strictObject({ owner: owner.optional(), reason: reason.optional() });

/** Query of GET /api/pools/POOL/TARGET/preview. */
export const previewQuery = z.strictObject({ order: z.enum(["drain", "maint", "ready"]) });

/** What an order would do, as the rules of the pool say. */
export const previewAnswer = z
  .strictObject({
    order: z.enum(["drain", "maint", "ready"]),
    text: z.string().describe("the consequences in words: 2 of 3 remain"),
    before: z.number().int().describe("members that serve now"),
    after: z.number().int().describe("members that would serve"),
    members: z.number().int(),
    needed: z.number().int().describe("what `at_least` comes to"),
    breaks: z.boolean().describe("fewer would serve than `at_least` asks for: refused without `force`"),
    changes: z
      .array(z.strictObject({ target: z.string(), from: z.string(), to: z.string(), reason: z.string() }))
      .describe("every target whose verdict would change"),
  })
  .meta({ id: "Preview" });

/** Answer to a changed order. */
export const orderedAnswer = z
  .strictObject({ target: z.string(), order: orderAnswer.nullable(), consequences: previewAnswer })
  .meta({ id: "Ordered" });

export type OrderBody = z.infer<typeof orderBody>;
export type PreviewAnswer = z.infer<typeof previewAnswer>;
export type OrderedAnswer = z.infer<typeof orderedAnswer>;
