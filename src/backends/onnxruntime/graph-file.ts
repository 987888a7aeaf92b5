/**
 * What an ONNX file says of itself, read without loading it: what it takes and gives, which operators it uses, and in which
 * other files its weights lie. An ONNX file is one protobuf message; a message is a row of fields, each a number, a wire type and a value, and the
 * value of wire type 2 has its length in front. So weights are stepped over, and a file that was cut short shows at once.
 *
 *     ModelProto.graph = 7 { node = 1 { op_type = 4, attribute = 5 { g = 6 } },
 *                            initializer = 5 { dims = 1, data_type = 2, name = 8, external_data = 13 { key = 1, value = 2 } },
 *                            input = 11 and output = 12 { name = 1, type = 2 { tensor_type = 1 {
 *                              elem_type = 1, shape = 2 { dim = 1 { dim_value = 1 } } } } } }
 *
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface GraphFile {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly operators: ReadonlySet<string>;
  /** Files beside this one that hold weights, each with the bytes it must have at least. */
  readonly external: ReadonlyMap<string, number>;
  /** Everything that it computes with and that is no input, in the file or beside it. */
  readonly weights: readonly Weight[];
}

export interface Weight {
  readonly name: string;
  readonly dims: readonly number[];
  readonly bytes: number;
}

export interface TensorInfo {
  readonly name: string;
  readonly type: 'float32' | 'float16' | 'int64' | 'int32' | 'bool' | 'other';
  /** Null for a dimension that the graph leaves open. */
  readonly shape: readonly (number | null)[];
}

/** @throws Error when the file cannot be read or is not a whole ONNX model, with the reason in words. */
export function readGraphFile(file: string): GraphFile {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = new ByteWindow(descriptor);
    const found: Found = { inputs: [], outputs: [], operators: new Set(), external: new Map(), weights: [] };
    readMessage(bytes, fstatSync(descriptor).size, { 7: (end) => readGraph(bytes, end, found, 0) });
    if (found.operators.size === 0) throw new Error('it holds no graph');
    // Old exports list weights among the inputs, too.
    const initialised = new Set(found.weights.map(({ name }) => name));
    return { ...found, inputs: found.inputs.filter(({ name }) => !initialised.has(name)) };
  } finally {
    closeSync(descriptor);
  }
}

interface Found {
  readonly inputs: TensorInfo[];
  readonly outputs: TensorInfo[];
  readonly weights: Weight[];
  readonly operators: Set<string>;
  readonly external: Map<string, number>;
}

/** Graphs nest in the attributes of `If` and `Loop`; real ones three deep. */
const DEEPEST = 8;

function readGraph(bytes: ByteWindow, end: number, found: Found, depth: number): void {
  if (depth > DEEPEST) throw new Error(`its graphs nest more than ${DEEPEST} deep`);
  readMessage(bytes, end, {
    1: (nodeEnd) =>
      readMessage(bytes, nodeEnd, {
        4: (textEnd) => found.operators.add(bytes.text(textEnd)),
        5: (attributeEnd) =>
          readMessage(bytes, attributeEnd, { 6: (graphEnd) => readGraph(bytes, graphEnd, found, depth + 1) }),
      }),
    5: (tensorEnd) => readTensor(bytes, tensorEnd, found),
    11: (infoEnd) => depth === 0 && found.inputs.push(readTensorInfo(bytes, infoEnd)),
    12: (infoEnd) => depth === 0 && found.outputs.push(readTensorInfo(bytes, infoEnd)),
  });
}

const TYPES: Readonly<Record<number, TensorInfo['type']>> = {
  1: 'float32',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
};

function readTensorInfo(bytes: ByteWindow, end: number): TensorInfo {
  let name = '';
  let type: TensorInfo['type'] = 'other';
  const shape: (number | null)[] = [];
  const readDimension: Reader = (dimensionEnd) => {
    let size: number | null = null;
    readMessage(bytes, dimensionEnd, {
      1: (_, value) => {
        size = value;
      },
    });
    shape.push(size);
  };
  const readTensorType: Reader = (typeEnd) =>
    readMessage(bytes, typeEnd, {
      1: (_, value) => {
        type = TYPES[value] ?? 'other';
      },
      2: (shapeEnd) => readMessage(bytes, shapeEnd, { 1: readDimension }),
    });
  readMessage(bytes, end, {
    1: (textEnd) => {
      name = bytes.text(textEnd);
    },
    2: (typeEnd) => readMessage(bytes, typeEnd, { 1: readTensorType }),
  });
  return { name, type, shape };
}

/** By `TensorProto.DataType`; the other types of a weight have one byte. */
const BYTES_OF_VALUE: Readonly<Record<number, number>> = {
  1: 4,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  16: 2,
  21: 0.5,
  22: 0.5,
};

function readTensor(bytes: ByteWindow, end: number, found: Found): void {
  const entries = new Map<string, string>();
  const dims: number[] = [];
  let [name, type] = ['', 0];
  readMessage(bytes, end, {
    // Packed or one by one.
    1: (dimsEnd, value) => {
      if (bytes.position === dimsEnd) dims.push(value);
      while (bytes.position < dimsEnd) dims.push(bytes.varint());
    },
    2: (_, value) => {
      type = value;
    },
    8: (textEnd) => {
      name = bytes.text(textEnd);
    },
    13: (entryEnd) => {
      let key = '';
      let value = '';
      readMessage(bytes, entryEnd, {
        1: (textEnd) => (key = bytes.text(textEnd)),
        2: (textEnd) => (value = bytes.text(textEnd)),
      });
      entries.set(key, value);
    },
  });
  const values = dims.reduce((product, size) => product * size, 1);
  found.weights.push({ name, dims, bytes: values * (BYTES_OF_VALUE[type] ?? 1) });
  const location = entries.get('location');
  if (location === undefined) return;
  const needed = Number(entries.get('offset') ?? 0) + Number(entries.get('length') ?? 0);
  found.external.set(location, Math.max(found.external.get(location) ?? 0, needed));
}

/** Is told where a field ends whose first byte is at the position, and for a number what it is. */
type Reader = (end: number, value: number) => unknown;

/** Calls the reader of each number and each field of bytes that has one, and steps over the others. */
function readMessage(bytes: ByteWindow, end: number, readers: Readonly<Record<number, Reader>>): void {
  while (bytes.position < end) {
    const key = bytes.varint();
    const wireType = key % 8;
    const value = wireType === 0 ? bytes.varint() : 0;
    const valueEnd = wireType === 0 ? bytes.position : endOfValue(bytes, wireType);
    if (valueEnd > end) throw new Error(`it is cut short by ${valueEnd - end} bytes`);
    if (wireType === 0 || wireType === 2) readers[Math.floor(key / 8)]?.(valueEnd, value);
    bytes.position = valueEnd;
  }
}

/** The end of a value that is no number; leaves the position at its first byte. */
function endOfValue(bytes: ByteWindow, wireType: number): number {
  switch (wireType) {
    case 1:
      return bytes.position + 8;
    case 2: {
      const length = bytes.varint();
      return bytes.position + length;
    }
    case 5:
      return bytes.position + 4;
  }
  throw new Error('it is no ONNX model');
}

/** A file seen through a window that moves as it is read. */
class ByteWindow {
  position = 0;
  private readonly window = Buffer.alloc(1 << 16);
  private windowStart = 0;
  private windowLength = 0;

  constructor(private readonly descriptor: number) {}

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error('it is no ONNX model');
  }

  text(end: number): string {
    const length = end - this.position;
    if (length > LONGEST_NAME) throw new Error(`a name in it is ${length} bytes long`);
    const text = Buffer.alloc(length);
    for (let i = 0; i < length; i++) text[i] = this.byte();
    return text.toString('utf8');
  }

  private byte(): number {
    const offset = this.position - this.windowStart;
    if (offset < 0 || offset >= this.windowLength) {
      this.windowStart = this.position;
      this.windowLength = readSync(this.descriptor, this.window, 0, this.window.length, this.position);
      if (this.windowLength === 0) throw new Error('it is cut short');
    }
    return this.window[this.position++ - this.windowStart]!;
  }
}

const LONGEST_NAME = 1 << 16;
