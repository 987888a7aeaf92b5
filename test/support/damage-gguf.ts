/**
 * Damages a GGUF file as a quantisation that is too coarse does: the weights of the named f16 tensors are rounded to a few levels, row by
 * row, up or down by chance. The file opens as before, is as large and as fast, and answers worse; each seed damages it otherwise.
 *
 *     tsx test/support/damage-gguf.ts models/reference-slm/reference-slm-f16.gguf worse.gguf 5 ffn 1
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GGMLQuantizationType, gguf } from '@huggingface/gguf';
import { createRandom, type Random } from '../../src/core/stats/basics/random.js';

export interface Damage {
  /** Levels from zero to the largest weight of a row. */
  readonly levels: number;
  /** A part of the names of the tensors. */
  readonly tensors: string;
  readonly seed: number;
}

/** @returns How many tensors were rounded. */
export async function damageGguf(source: string, target: string, { levels, tensors, seed }: Damage): Promise<number> {
  const bytes = readFileSync(source);
  const random = createRandom('damage', seed);
  const { tensorInfos, tensorDataOffset } = await gguf(source, { allowLocalFile: true });
  const damaged = tensorInfos.filter(({ name, dtype }) => dtype === GGMLQuantizationType.F16 && name.includes(tensors));
  for (const { shape, offset } of damaged) {
    const [columns, rows] = [Number(shape[0]), shape.slice(1).reduce((product, size) => product * Number(size), 1)];
    for (let row = 0; row < rows; row++) {
      const start = Number(tensorDataOffset + offset) + row * columns * 2;
      roundRow(bytes.subarray(start, start + columns * 2), levels, random);
    }
  }
  writeFileSync(target, bytes);
  return damaged.length;
}

function roundRow(row: Buffer, levels: number, random: Random): void {
  const values = Array.from({ length: row.length / 2 }, (_, i) => fromHalf(row.readUInt16LE(2 * i)));
  const step = Math.max(...values.map(Math.abs)) / levels;
  if (step === 0) return;
  values.forEach((value, i) => {
    row.writeUInt16LE(toHalf(Math.floor(value / step + random.uniform()) * step), 2 * i);
  });
}

function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The value is finite, and small enough for a half. */
function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // A fraction that rounds up to 1,024 carries over into the exponent, as it must.
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, target, levels, tensors = '', seed = '0'] = process.argv.slice(2);
  const count = await damageGguf(source!, target!, { levels: Number(levels), tensors, seed: Number(seed) });
  process.stdout.write(`${count} tensors rounded\n`);
}
