/**
 * A GGUF file that has a header and no weights: the room for them is a hole of the file, which takes no disk. llama.cpp opens it if it is asked to
 * allocate nothing.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { aligned, float32, string, uint32, uint64 } from './gguf-bytes.js';

export type Metadata = Readonly<Record<string, string | number | boolean | readonly number[] | readonly boolean[]>>;

/** A tensor of 16 bits, or of 32 if it has one dimension, as norms do. */
export interface SparseTensor {
  readonly name: string;
  readonly dims: readonly number[];
}

export function writeSparseGguf(file: string, metadata: Metadata, tensors: readonly SparseTensor[]): void {
  let offset = 0;
  const infos = tensors.map(({ name, dims }) => {
    const isNorm = dims.length === 1;
    const info = [string(name), uint32(dims.length), ...dims.map(uint64), uint32(isNorm ? 0 : 1), uint64(offset)];
    offset += aligned(dims.reduce((product, size) => product * size, 1) * (isNorm ? 4 : 2));
    return Buffer.concat(info);
  });
  const entries = Object.entries(metadata);
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.map(([key, value]) => Buffer.concat([string(key), ...typed(value)])),
    ...infos,
  ]);
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head);
  ftruncateSync(descriptor, aligned(head.length) + offset);
  closeSync(descriptor);
}

/** `enum gguf_metadata_value_type` */
function typed(value: Metadata[string]): Buffer[] {
  if (typeof value === 'string') return [uint32(8), string(value)];
  if (typeof value === 'boolean') return [uint32(7), Buffer.from([Number(value)])];
  if (typeof value === 'number')
    return Number.isInteger(value) ? [uint32(4), uint32(value)] : [uint32(6), float32(value)];
  if (typeof value[0] === 'boolean')
    return [uint32(9), uint32(7), uint64(value.length), Buffer.from(value.map(Number))];
  return [uint32(9), uint32(4), uint64(value.length), ...(value as readonly number[]).map(uint32)];
}
