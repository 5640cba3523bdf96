import { z } from "zod";
import type { TargetId } from "../core/types.ts";
import { writeDurably } from "./durable-file.ts";
import { parseKept, readKept, setAside } from "./state-file.ts";

/** An order as it is kept: times are wall times, as they must mean the same after a restart. */
export interface KeptOrder {
  readonly order: "drain" | "maint";
  readonly owner: string;
  readonly reason: string;
  readonly since: number;
  readonly until: number | null;
}

/** All orders that are kept, by target. */
export type KeptOrders = ReadonlyMap<TargetId, KeptOrder>;

/** Where orders are kept. */
export interface OrderShelf {
  /** All there are; throws when they cannot be read. */
  load(signal: AbortSignal): Promise<KeptOrders>;
  /** Keeps one, or with null removes it; kept for good when it resolves. `by`: who ended it, for those who share the shelf. */
  put(id: TargetId, order: KeptOrder | null, signal: AbortSignal, by?: string): Promise<void>;
  /** Shows all orders whenever somebody else changed one; never for a shelf that is ours alone. */
  follow(see: (orders: KeptOrders) => void, signal: AbortSignal): void;
}

const targetId = z.templateLiteral([z.string(), "/", z.string()]);

/** The shape of a kept order. */
export const keptOrder = z.strictObject({
  order: z.enum(["drain", "maint"]),
  owner: z.string(),
  reason: z.string(),
  since: z.number(),
  until: z.number().nullable(),
});
const orderFile = z.strictObject({ version: z.literal(1), orders: z.array(z.tuple([targetId, keptOrder])) });

/** Orders in one file that survives a kill at any instant; without a path they last as long as the process. */
export function fileShelf(path: string | null): OrderShelf {
  const kept = new Map<TargetId, KeptOrder>();
  return {
    async load(signal) {
      if (path === null) return kept;
      for (const [id, order] of await loadFile(path, signal)) kept.set(id, order);
      return kept;
    },
    async put(id, order) {
      const was = kept.get(id);
      keep(kept, id, order);
      try {
        if (path !== null) await writeDurably(path, `${JSON.stringify({ version: 1, orders: [...kept] })}\n`);
      } catch (error) {
        keep(kept, id, was ?? null);
        throw error;
      }
    },
    follow() {},
  };
}

function keep(kept: Map<TargetId, KeptOrder>, id: TargetId, order: KeptOrder | null): void {
  if (order === null) kept.delete(id);
  else kept.set(id, order);
}

async function loadFile(path: string, signal: AbortSignal): Promise<Iterable<readonly [TargetId, KeptOrder]>> {
  const text = await readKept(path, signal);
  if (text === null) return [];
  try {
    return parseKept(orderFile, text).orders;
  } catch (error) {
    await setAside(path);
    throw new Error(`${path} makes no sense and was put aside`, { cause: error });
  }
}
