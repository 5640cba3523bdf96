import type { Clock } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";

/** What came of rendering one resource. */
export interface Rendered {
  readonly resource: string;
  /** held: the old file stays, as there are too few keys. */
  readonly result: "unchanged" | "written" | "held" | "failed";
}

/** How a resource fared. */
export interface RenderState {
  readonly counts: Readonly<Record<Rendered["result"], number>>;
  readonly last: Rendered["result"];
  readonly at: Ms;
}

const MOST_RESOURCES = 1000;

/** Counts what came of rendering; whoever renders tells it. */
export class RenderWatch {
  readonly #clock: Clock;
  readonly #resources = new Map<string, RenderState>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One resource was rendered, or could not be. */
  rendered({ resource, result }: Rendered): void {
    const was = this.#resources.get(resource);
    if (was === undefined && this.#resources.size >= MOST_RESOURCES) return;
    const counts = was?.counts ?? { unchanged: 0, written: 0, held: 0, failed: 0 };
    this.#resources.set(resource, {
      counts: { ...counts, [result]: counts[result] + 1 },
      last: result,
      at: this.#clock.now(),
    });
  }

  /** All resources that were ever rendered. */
  get resources(): ReadonlyMap<string, RenderState> {
    return this.#resources;
  }
}
