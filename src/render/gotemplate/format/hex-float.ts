/** A finite positive float64 or 0 in the form `0x1.8p+01`, rounded to `precision` hexadecimal digits when one is given. */
export function hexFloat(value: number, precision: number | null): string {
  if (value === 0) return `0x0${precision ? `.${"0".repeat(precision)}` : ""}p+00`;
  const { mantissa, exponent } = normalized(value);
  // 1 bit before the point and 60 after it: 15 digits.
  const places = precision === null || precision >= 15 ? 15 : precision;
  const rounded = roundDigits(mantissa << 8n, places);
  const overflow = rounded >= 2n << BigInt(4 * places);
  const kept = overflow ? rounded >> 1n : rounded;
  const digits = kept.toString(16);
  const fraction = precision === null ? digits.slice(1).replace(/0+$/, "") : digits.slice(1).padEnd(precision, "0");
  const power = exponent + (overflow ? 1 : 0);
  const shownPower = Math.abs(power).toString().padStart(2, "0");
  return `0x1${fraction === "" ? "" : `.${fraction}`}p${power < 0 ? "-" : "+"}${shownPower}`;
}

function normalized(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const field = Number(raw >> 52n);
  let mantissa = raw & 0xfffffffffffffn;
  if (field !== 0) return { mantissa: mantissa | 0x10000000000000n, exponent: field - 1023 };
  let exponent = -1022;
  for (; mantissa < 0x10000000000000n; mantissa <<= 1n) exponent--;
  return { mantissa, exponent };
}

// mantissa has 1 + 60 bits; the result has 1 + 4 * places, a tie going to the even one.
function roundDigits(mantissa: bigint, places: number): bigint {
  const drop = BigInt(60 - 4 * places);
  if (drop === 0n) return mantissa;
  const kept = mantissa >> drop;
  const rest = mantissa - (kept << drop);
  const half = 1n << (drop - 1n);
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
}
