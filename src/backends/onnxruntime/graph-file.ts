/**
 * What an ONNX file says of itself, read without loading it: which operators it uses and in which other files its weights
 * lie. An ONNX file is one protobuf message; a message is a row of fields, each a number, a wire type and a value, and the
 * value of wire type 2 has its length in front. So weights are stepped over, and a file that was cut short shows at once.
 *
 *     ModelProto.graph = 7 { node = 1 { op_type = 4, attribute = 5 { g = 6 } },
 *                            initializer = 5 { external_data = 13 { key = 1, value = 2 } } }
 *
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface GraphFile {
  readonly operators: ReadonlySet<string>;
  /** Files beside this one that hold weights, each with the bytes it must have at least. */
  readonly external: ReadonlyMap<string, number>;
}

/** @throws Error when the file cannot be read or is not a whole ONNX model, with the reason in words. */
export function readGraphFile(file: string): GraphFile {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = new ByteWindow(descriptor);
    const operators = new Set<string>();
    const external = new Map<string, number>();
    readMessage(bytes, fstatSync(descriptor).size, {
      7: (end) => readGraph(bytes, end, { operators, external }, 0),
    });
    if (operators.size === 0) throw new Error('it holds no graph');
    return { operators, external };
  } finally {
    closeSync(descriptor);
  }
}

interface Found {
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
  });
}

function readTensor(bytes: ByteWindow, end: number, found: Found): void {
  const entries = new Map<string, string>();
  readMessage(bytes, end, {
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
  const location = entries.get('location');
  if (location === undefined) return;
  const needed = Number(entries.get('offset') ?? 0) + Number(entries.get('length') ?? 0);
  found.external.set(location, Math.max(found.external.get(location) ?? 0, needed));
}

/** Calls the reader of each field that has one, with where the field's value ends, and steps over the others. */
function readMessage(bytes: ByteWindow, end: number, readers: Readonly<Record<number, (end: number) => void>>): void {
  while (bytes.position < end) {
    const key = bytes.varint();
    const valueEnd = endOfValue(bytes, key % 8);
    if (valueEnd > end) throw new Error(`it is cut short by ${valueEnd - end} bytes`);
    if (key % 8 === 2) readers[Math.floor(key / 8)]?.(valueEnd);
    bytes.position = valueEnd;
  }
}

/** Leaves the position at the first byte of the value. */
function endOfValue(bytes: ByteWindow, wireType: number): number {
  switch (wireType) {
    case 0:
      bytes.varint();
      return bytes.position;
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
