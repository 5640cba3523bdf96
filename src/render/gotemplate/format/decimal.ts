/** The decimal digits of a finite number without its sign: 0.`digits` times ten to the power of `point`; no digits for zero. */
export interface Decimal {
  readonly digits: string;
  readonly point: number;
}

const ZERO: Decimal = { digits: "", point: 0 };

/** The fewest digits that read back as the same number. */
export function shortest(value: number): Decimal {
  if (value === 0) return ZERO;
  const [mantissa = "", exponent = "0"] = Math.abs(value).toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** All digits of the number's exact value. */
export function exact(value: number): Decimal {
  if (value === 0) return ZERO;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const field = Number(raw >> 52n);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = field === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = Math.max(field, 1) - 1075;
  const whole = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = whole.toString();
  return trimmed(digits, digits.length + Math.min(exponent, 0));
}

function trimmed(digits: string, point: number): Decimal {
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? ZERO : { digits: kept, point };
}

/** The decimal rounded to `count` digits, a tie to the even one. */
export function round(decimal: Decimal, count: number): Decimal {
  if (count >= decimal.digits.length) return decimal;
  if (count < 0) return ZERO;
  const kept = decimal.digits.slice(0, count);
  if (!roundsUp(decimal.digits, count)) return trimmed(kept, decimal.point);
  const raised = (BigInt(kept === "" ? "0" : kept) + 1n).toString().padStart(count, "0");
  return trimmed(raised, decimal.point + (raised.length - count));
}

function roundsUp(digits: string, count: number): boolean {
  const tie = digits[count] === "5" && count + 1 === digits.length;
  if (tie) return count > 0 && Number(digits[count - 1]) % 2 === 1;
  return Number(digits[count]) >= 5;
}
