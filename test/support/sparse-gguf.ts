/**
 * A GGUF file that has a header and no weights: the room for them is a hole of the file, which takes no disk. llama.cpp opens it if it is asked to
 * allocate nothing.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

export type Metadata = Readonly<Record<string, string | number | boolean | readonly number[]>>;

/** A tensor of 16 bits, or of 32 if it has one dimension, as norms do. */
export interface SparseTensor {
  readonly name: string;
  readonly dims: readonly number[];
}

const ALIGNMENT = 32;

export function writeSparseGguf(file: string, metadata: Metadata, tensors: readonly SparseTensor[]): void {
  let offset = 0;
  const infos = tensors.map(({ name, dims }) => {
    const isNorm = dims.length === 1;
    const info = [string(name), u32(dims.length), ...dims.map(u64), u32(isNorm ? 0 : 1), u64(offset)];
    offset += aligned(dims.reduce((product, size) => product * size, 1) * (isNorm ? 4 : 2));
    return Buffer.concat(info);
  });
  const entries = Object.entries(metadata);
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries.map(([key, value]) => Buffer.concat([string(key), ...typed(value)])),
    ...infos,
  ]);
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head);
  ftruncateSync(descriptor, aligned(head.length) + offset);
  closeSync(descriptor);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** `enum gguf_metadata_value_type` */
function typed(value: Metadata[string]): Buffer[] {
  if (typeof value === 'string') return [u32(8), string(value)];
  if (typeof value === 'boolean') return [u32(7), Buffer.from([Number(value)])];
  if (typeof value === 'number') return Number.isInteger(value) ? [u32(4), u32(value)] : [u32(6), f32(value)];
  return [u32(9), u32(4), u64(value.length), ...value.map(u32)];
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}
