/** Half-precision floats (IEEE 754 binary16), which JavaScript cannot read before Node 24. */

let table: Float32Array | undefined;

/** Writes the values of `source` into `target`, which has the same length. */
export function toFloat32(source: Uint16Array, target: Float32Array): Float32Array {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => decodeHalf(bits));
  for (let i = 0; i < source.length; i++) target[i] = table[source[i]!]!;
  return target;
}

function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}
