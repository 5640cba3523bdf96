// C0 and C1 control characters, DEL, and the line ends of Unicode: none of them belongs into a line of haproxy.cfg.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// What stands for bytes that are no UTF-8 (see textOf of the registries).
const RAW_BYTE = /[\udc80-\udcff]/u;
const MAY_BE_JSON = /^\s*[[{"]/;

/** Whether a text has a control character. */
export const hasControl = (text: string): boolean => CONTROL.test(text);

/** Whether a text has bytes that are no UTF-8. */
export const hasRawByte = (text: string): boolean => RAW_BYTE.test(text);

/** Whether any text inside a JSON value has one, names included. */
export function hasControlInside(value: unknown): boolean {
  if (typeof value === "string") return hasControl(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, child]) => hasControl(name) || hasControlInside(child));
}

/**
 * Whether a value brings control characters into a file: as it is, or out of the escapes of JSON, which a template
 * undoes.
 */
export function bringsControl(value: string): boolean {
  if (hasControl(value)) return true;
  if (!value.includes("\\") || !MAY_BE_JSON.test(value)) return false;
  try {
    return hasControlInside(JSON.parse(value));
  } catch {
    return false;
  }
}
