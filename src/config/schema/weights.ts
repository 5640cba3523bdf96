import { z } from "zod";
import { duration } from "../options.ts";
import { key, required } from "./about.ts";
import { POOL_DEFAULTS } from "./defaults.ts";
import { on } from "./timing.ts";

const curve = () =>
  z
    .record(z.string().regex(/^-?\d+(\.\d+)?$/, "a point of a curve is a number"), z.number().min(0).max(100))
    .refine((points) => Object.keys(points).length > 0, "a curve needs one point at least")
    .transform((points) =>
      Object.entries(points)
        .map(([value, percent]): readonly [number, number] => [Number(value), percent])
        .sort((a, b) => a[0] - b[0]),
    )
    .meta({ type: "section value: percent" });

/** How much of the traffic a target takes. */
export const WEIGHTS = {
  weight: key(
    z.strictObject({
      by: required(z.string(), {
        says: "Fact of the check that the weight follows; checks/README.md lists them.",
        example: "lagSeconds",
      }),
      curve: required(curve(), {
        says: "Value of the fact and percent of the weight; between two points the line between them, outside the outermost one.",
        example: "{ 0: 100, 10: 50, 30: 1 }",
      }),
      step: key(z.number().min(0).max(100), {
        says: "Change in percent that is worth telling; smaller ones are not, so that a weight does not tremble.",
        default: String(POOL_DEFAULTS.weight_step),
        example: "5",
      }),
    }),
    {
      says: "Share of the traffic by a measured value, so that a late replica gets less before it gets none. Needs `haproxy_weight`.",
      ...on("-"),
      example: "{ by: lagSeconds, curve: { 0: 100, 10: 50, 30: 1 } }",
    },
  ),
  haproxy_weight: key(z.number().int().min(1).max(256), {
    says: "The `weight` on the `server` lines of HAProxy. A percent is told only where this is set, and computed for it so that it is never cut to 0.",
    ...on("-"),
    example: "100",
  }),
  ramp: key(duration(), {
    says: "Time over which a target that returns grows to its weight. Needs `haproxy_weight`; not together with HAProxy's `slowstart`, which would ramp the ramp.",
    ...on(POOL_DEFAULTS.ramp),
    example: "1m",
  }),
};
