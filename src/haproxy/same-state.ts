// Whether two `show servers state` say the same. It is asked of every look at rest, so it makes no garbage. Pure.

const BLANK = 32;

type Compare = (one: string, from: number, end: number, other: string, otherFrom: number, otherEnd: number) => boolean;

const equal: Compare = (one, from, end, other, otherFrom, otherEnd) => {
  if (end - from !== otherEnd - otherFrom) return false;
  for (let at = 0; at < end - from; at += 1)
    if (one.charCodeAt(from + at) !== other.charCodeAt(otherFrom + at)) return false;
  return true;
};

/** Bit 0 of a check's state is set while it is in flight. */
const equalButInFlight: Compare = (one, from, end, other, otherFrom, otherEnd) =>
  equal(one, from, end, other, otherFrom, otherEnd) ||
  (Number(one.slice(from, end)) | 1) === (Number(other.slice(otherFrom, otherEnd)) | 1);

const whatever: Compare = () => true;

const COMPARES: ReadonlyMap<string, Compare> = new Map([
  ["srv_time_since_last_change", whatever],
  ["srv_check_state", equalButInFlight],
  ["srv_agent_state", equalButInFlight],
]);

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) > BLANK) at += 1;
  return at;
}

/** How each column is compared, by the line that names them. */
function comparesOf(text: string): readonly Compare[] {
  const head = text.split("\n", 2)[1] ?? "";
  const names = head.replace(/^# /, "").split(" ");
  return names.map((name) => COMPARES.get(name) ?? equal);
}

/** Whether two tables differ in nothing but the time since the last change, and in which checks are in flight. */
export function sameState(one: string, other: string): boolean {
  const compares = comparesOf(one);
  let [at, otherAt, column] = [0, 0, 0];
  while (at < one.length && otherAt < other.length) {
    const end = wordEnd(one, at);
    const otherEnd = wordEnd(other, otherAt);
    if (!(compares[column] ?? equal)(one, at, end, other, otherAt, otherEnd)) return false;
    const separator = one.charCodeAt(end);
    if (separator !== other.charCodeAt(otherEnd) && end < one.length && otherEnd < other.length) return false;
    column = separator === BLANK ? column + 1 : 0;
    at = end + 1;
    otherAt = otherEnd + 1;
  }
  return at >= one.length && otherAt >= other.length;
}
