/** What became of a resource in one round. */
export type Outcome =
  | { readonly kind: "in sync" | "updated" | "not modified" }
  /** Too few keys: the old file stays, at least until then (wall time). */
  | { readonly kind: "held"; readonly until: number | null }
  | { readonly kind: "failed"; readonly error: Error };
