/**
 * Cuts a GGUF file into two, as `llama-gguf-split` does: the first has all metadata and half of the tensors, the second the others.
 * Each tells its place by `split.no`, `split.count` and `split.tensors.count`.
 */
import { aligned, string, uint16, uint32, uint64 } from './gguf-bytes.js';

const SIZES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const [UINT16, INT32, STRING, ARRAY] = [2, 5, 8, 9];

interface Tensor {
  /** Name, dimensions and type as they stand in the file. */
  readonly head: Buffer;
  readonly data: Buffer;
}

export function splitGguf(file: Buffer): readonly [Buffer, Buffer] {
  let at = 24;
  const count = (place: number) => Number(file.readBigUInt64LE(place));
  const skipText = () => {
    at += 8 + count(at);
  };
  const skipValue = (type: number) => {
    if (type === STRING) skipText();
    else if (type === ARRAY) {
      const [inner, length] = [file.readUInt32LE(at), count(at + 4)];
      at += 12;
      for (let i = 0; i < length; i++) skipValue(inner);
    } else at += SIZES[type]!;
  };
  for (let i = 0; i < count(16); i++) {
    skipText();
    at += 4;
    skipValue(file.readUInt32LE(at - 4));
  }
  const metadata = file.subarray(24, at);
  const found: { readonly head: Buffer; readonly offset: number }[] = [];
  for (let i = 0; i < count(8); i++) {
    const start = at;
    skipText();
    at += 4 + 8 * file.readUInt32LE(at) + 4;
    found.push({ head: file.subarray(start, at), offset: count(at) });
    at += 8;
  }
  const data = file.subarray(aligned(at));
  const ends = [...found.map(({ offset }) => offset), data.length].sort((a, b) => a - b);
  const tensors = found.map(({ head, offset }) => ({
    head,
    data: data.subarray(
      offset,
      ends.find((end) => end > offset),
    ),
  }));
  const half = tensors.length >> 1;
  const place = (number: number) => [
    entry('split.no', UINT16, uint16(number)),
    entry('split.count', UINT16, uint16(2)),
    entry('split.tensors.count', INT32, uint32(tensors.length)),
  ];
  return [
    written([metadata, ...place(0)], count(16) + 3, tensors.slice(0, half)),
    written(place(1), 3, tensors.slice(half)),
  ];
}

function written(metadata: readonly Buffer[], entries: number, tensors: readonly Tensor[]): Buffer {
  const bodies = tensors.map(({ data }) => padded(data));
  let offset = 0;
  const heads = tensors.map(({ head }, i) => {
    const whole = Buffer.concat([head, uint64(offset)]);
    offset += bodies[i]!.length;
    return whole;
  });
  const start = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(entries)];
  return Buffer.concat([padded(Buffer.concat([...start, ...metadata, ...heads])), ...bodies]);
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([string(key), uint32(type), value]);
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(aligned(data.length) - data.length)]);
}
