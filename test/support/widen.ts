/**
 * A GGUF file with its f16 tensors widened to f32: the same numbers. llama.cpp multiplies f16 weights with activations rounded
 * to f16, and f32 weights with activations as they are; only the latter can agree with engines that compute in f32.
 * Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3, little-endian).
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from './cli.js';
import { aligned } from './gguf-bytes.js';
import { shared } from './shared.js';

const F32 = 0;
const F16 = 1;
const STRING = 8;
const ARRAY = 9;
/** Bytes of the other value types, by their number. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/**
 * An entry of this model for which llama.cpp computes in f32 throughout. What it rounds to f16 or bf16 otherwise, and how far
 * that moves a log-probability, depends on the CPU and on the size of the batch.
 *
 * @param file a GGUF file with f16 weights, as `shared` takes it.
 */
export function inF32(file: string) {
  const folder = folderWith({ 'f32.gguf': widened(readFileSync(shared(file))) });
  return { source: join(folder, 'f32.gguf'), kvCacheType: 'f32', flashAttention: false } as const;
}

export function widened(file: Buffer): Buffer {
  const tensors = Number(file.readBigUInt64LE(8));
  const pairs = Number(file.readBigUInt64LE(16));
  let at = 24;
  const skipString = () => {
    at += 8 + Number(file.readBigUInt64LE(at));
  };
  const skipValue = (type: number): void => {
    if (type === STRING) skipString();
    else if (type === ARRAY) {
      const element = file.readUInt32LE(at);
      const count = Number(file.readBigUInt64LE(at + 4));
      at += 12;
      for (let i = 0; i < count; i++) skipValue(element);
    } else at += SIZES[type]!;
  };
  for (let i = 0; i < pairs; i++) {
    skipString();
    at += 4;
    skipValue(file.readUInt32LE(at - 4));
  }

  const infos = [];
  for (let i = 0; i < tensors; i++) {
    skipString();
    const dimensions = file.readUInt32LE(at);
    let count = 1;
    for (let d = 0; d < dimensions; d++) count *= Number(file.readBigUInt64LE(at + 4 + 8 * d));
    at += 4 + 8 * dimensions;
    infos.push({ at, count, type: file.readUInt32LE(at), offset: Number(file.readBigUInt64LE(at + 4)) });
    at += 12;
  }

  const data = aligned(at);
  const head = Buffer.alloc(data);
  file.copy(head, 0, 0, at);
  const parts = [head];
  let offset = 0;
  for (const info of infos) {
    const part = Buffer.alloc(aligned(4 * info.count));
    const source = data + info.offset;
    if (info.type === F32) file.copy(part, 0, source, source + 4 * info.count);
    else if (info.type === F16)
      for (let i = 0; i < info.count; i++) part.writeFloatLE(numberOf(file.readUInt16LE(source + 2 * i)), 4 * i);
    else throw new Error(`expected tensors of f16 and f32, found type ${info.type}`);
    head.writeUInt32LE(F32, info.at);
    head.writeBigUInt64LE(BigInt(offset), info.at + 4);
    parts.push(part);
    offset += part.length;
  }
  return Buffer.concat(parts);
}

/** IEEE 754 half precision: a sign, 5 bits of exponent, 10 of fraction. */
function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
