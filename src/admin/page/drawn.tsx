import { setImmediate as breath } from "node:timers/promises";
import { renderToString } from "preact-render-to-string";
import { foldOf } from "./view/pool-band.tsx";
import { chunkKey, chunksOf, Rows } from "./view/rows.tsx";
import type { Shown } from "./view/shown.ts";

/** Draws all rows, some at a time: a thousand in one go would keep agents waiting. */
export async function drawRows(shown: Shown): Promise<ReadonlyMap<string, string>> {
  const drawn = new Map<string, string>();
  if (shown.kind !== "pools") return drawn;
  for (const band of shown.bands) {
    const lists = foldOf(band);
    for (const list of ["open", "folded"] as const)
      for (const [index, targets] of chunksOf(lists[list]).entries()) {
        const rows = <Rows pool={band.pool} targets={targets} now={shown.now} index={index} />;
        drawn.set(chunkKey(band.pool.name, list, index), renderToString(rows));
        await breath();
      }
  }
  return drawn;
}
