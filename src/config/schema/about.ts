import type { z } from "zod";

/** What the reference says about a key: meaning with the reasoning, default, a real value. */
export interface About {
  readonly says: string;
  readonly default: string;
  readonly example: string;
}

/** An optional key with its entry of the reference. */
export const key = <S extends z.ZodType>(schema: S, about: About): z.ZodOptional<S> =>
  schema.optional().meta({ description: about.says, default: about.default, example: about.example });

/** A key that must be there. */
export const required = <S extends z.ZodType>(schema: S, about: Omit<About, "default">): S =>
  schema.meta({ description: about.says, default: "required", example: about.example });
