/**
 * Notes down what functions read beside their arguments, so that what a loop wrote can be written again while all of
 * it stays the same.
 */
export interface Reads {
  /** From now on what is read is noted. */
  begin(): void;
  /** All that was noted since. */
  end(): readonly string[];
  /** Whether nothing of that changed since the last `settle`. */
  same(noted: readonly string[]): boolean;
  /** The execution went well: changes before it are over. */
  settle(): void;
}
