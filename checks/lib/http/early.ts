import type { Expected } from "./judge-answer.ts";

/**
 * Says when the rest of the content can no longer matter, as `curl | grep -q` stops reading: only where any status
 * will do and nothing but texts is looked for. Elsewhere an answer that breaks off must be seen to break off.
 */
export function earlyEnd(expected: Expected): ((body: Buffer) => boolean) | null {
  const { status, contains, notContains, pattern, json } = expected;
  if (status !== null || contains.length === 0 || notContains.length + json.length > 0 || pattern !== null) return null;
  let missing = contains.map((text) => Buffer.from(text));
  let searched = 0;
  return (body) => {
    // Back by the longest needle, so that a text split over chunks is found.
    const from = Math.max(0, searched - Math.max(...missing.map((needle) => needle.length)));
    missing = missing.filter((needle) => !body.includes(needle, from));
    searched = body.length;
    return missing.length === 0;
  };
}
