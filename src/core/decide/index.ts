import type { Decide } from "../types.ts";
import { brake } from "./brake.ts";
import { combine } from "./combine.ts";
import { damping } from "./damping.ts";
import { fallback } from "./fallback.ts";
import { floor } from "./floor.ts";
import { orders } from "./orders.ts";
import { conclude } from "./remember.ts";
import type { Rule } from "./round.ts";
import { weigh } from "./weigh.ts";
import { writer } from "./writer.ts";

const rules: readonly Rule[] = [weigh, orders, damping, writer, floor, fallback, brake];

/** The rules of a pool, in their order. */
export const decide: Decide = (input) => conclude(rules.reduce((round, rule) => rule(round), combine(input)));
