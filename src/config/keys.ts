import { createHash } from "node:crypto";

/**
 * A key that is equal exactly when kind and values are equal. Values may hold secrets, so that only their digest is in
 * it; objects are written with sorted keys.
 */
export function keyOf(kind: string, ...values: readonly unknown[]): string {
  return `${kind}:${createHash("sha256").update(stableJson(values)).digest("hex").slice(0, 32)}`;
}

/** JSON with the keys of objects in order. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
