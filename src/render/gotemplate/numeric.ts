// Go's strconv for reading numbers: underscores, prefixes and ranges as there, null where it reports an error.

const MAX_INT = (1n << 63n) - 1n;
const MAX_UINT = (1n << 64n) - 1n;
const PREFIXED = /^0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+|(?:_?[0-7])+)$/;
const DECIMAL = /^[0-9]+$/;
const DECIMAL_WITH_UNDERSCORES = /^(?:0|[1-9](?:_?[0-9])*)$/;

/** A signed 64-bit integer in base 10, or with base 0 in the syntax of Go's constants. */
export function parseInt64(text: string, base: 0 | 10): bigint | null {
  const negative = text.startsWith("-");
  const magnitude = unsigned(/^[+-]/.test(text) ? text.slice(1) : text, base);
  if (magnitude === null || magnitude > MAX_INT + (negative ? 1n : 0n)) return null;
  return negative ? -magnitude : magnitude;
}

/** An unsigned 64-bit integer, without a sign. */
export function parseUint64(text: string, base: 0 | 10): bigint | null {
  const value = unsigned(text, base);
  return value === null || value > MAX_UINT ? null : value;
}

function unsigned(text: string, base: 0 | 10): bigint | null {
  if (base === 10) return DECIMAL.test(text) ? BigInt(text) : null;
  if (DECIMAL_WITH_UNDERSCORES.test(text)) return BigInt(text.replaceAll("_", ""));
  if (!PREFIXED.test(text)) return null;
  const digits = text.replaceAll("_", "");
  return BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
}

const FLOAT =
  /^[+-]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9]+)$/;

/** A float64, decimal or hexadecimal; null also when it is too large for one. */
export function parseFloat64(text: string): number | null {
  const value = FLOAT.test(text) ? Number(text.replaceAll("_", "")) : hexFloat(text);
  return value === null || !Number.isFinite(value) ? null : value;
}

function hexFloat(text: string): number | null {
  const [, sign, whole, fraction = "", exponent] = HEX_FLOAT.exec(text) ?? [];
  if (whole === undefined || `${whole}${fraction}`.replaceAll("_", "") === "") return null;
  const digits = fraction.replaceAll("_", "");
  const mantissa = BigInt(`0x${whole.replaceAll("_", "")}${digits}`);
  const value = scaled(mantissa, Number(exponent) - 4 * digits.length);
  return sign === "-" ? -value : value;
}

// mantissa * 2 ** exponent, rounded once: what is left of the mantissa fits a double exactly.
function scaled(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const bits = mantissa.toString(2).length;
  if (bits + exponent > 1024) return Number.POSITIVE_INFINITY;
  const drop = Math.max(bits - 53, -1074 - exponent, 0);
  if (drop > bits + 1) return 0;
  return Number(roundHalfEven(mantissa, BigInt(drop))) * 2 ** (exponent + drop);
}

function roundHalfEven(value: bigint, drop: bigint): bigint {
  if (drop === 0n) return value;
  const kept = value >> drop;
  const rest = value - (kept << drop);
  const half = 1n << (drop - 1n);
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
}
