/**
 * The header of a GGUF file: what the model is, before any of it is loaded. Files come from anywhere, and native code that
 * is given a damaged one may take the process with it, so a header must parse and its tensors must lie inside the file
 * before llama.cpp sees it. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { stat } from 'node:fs/promises';
import { type GGUFTensorInfo, gguf } from '@huggingface/gguf';
import type { GgufContent } from '../../core/capacity/gguf.js';
import { describeError, UserError } from '../../core/errors.js';
import { requireFile } from '../../system/path.js';

export interface GgufHeader {
  readonly architecture: string;
  /** `model`, or what else a GGUF file can hold: `adapter` (LoRA), `mmproj` … */
  readonly type: string;
  readonly parameters: number;
  readonly chatTemplate: string | null;
  /** Texts of special tokens by the names that chat templates use. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** What the KV cache follows from; null where the header leaves something of it out. */
  readonly shape: { layers: number; kvHeads: number; headSize: number; vocabulary: number } | null;
  /** False for encoders, which embed texts and generate none. */
  readonly causal: boolean;
}

type Metadata = Readonly<Record<string, unknown>>;

/** What stands in one GGUF file. It is parsed once: a vocabulary makes a header of megabytes. */
export interface GgufFile {
  readonly header: GgufHeader;
  readonly content: GgufContent;
}

/** @throws UserError when the file cannot be read, is no GGUF file, or is cut short. */
export async function readGguf(file: string): Promise<GgufFile> {
  const parsed = await parse(file);
  return { header: headerOf(parsed), content: contentOf(parsed) };
}

interface Parsed {
  readonly metadata: Metadata;
  readonly tensorInfos: readonly GGUFTensorInfo[];
  readonly dataBytes: number;
}

function headerOf({ metadata, tensorInfos }: Parsed): GgufHeader {
  const architecture = text(metadata['general.architecture']) ?? 'unknown';
  return {
    architecture,
    type: text(metadata['general.type']) ?? 'model',
    parameters: tensorInfos.reduce((total, { shape }) => total + elements(shape), 0),
    chatTemplate: text(metadata['tokenizer.chat_template']),
    specialTokens: specialTokens(metadata),
    shape: shapeOf(metadata, architecture),
    causal: metadata[`${architecture}.attention.causal`] !== false,
  };
}

/** A tensor ends where the next one begins, so the bytes of each follow from the offsets. */
function contentOf({ metadata, tensorInfos, dataBytes }: Parsed): GgufContent {
  const ascending = tensorInfos.toSorted((a, b) => Number(a.offset - b.offset));
  return {
    metadata,
    tensors: ascending.map(({ name, shape, offset }, i) => ({
      name,
      parameters: elements(shape),
      bytes: Number(ascending[i + 1]?.offset ?? dataBytes) - Number(offset),
    })),
  };
}

/** What reads a part of a file that lies elsewhere. */
export interface DistantFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  read(range: { readonly offset: number; readonly end: number }): Promise<Uint8Array>;
}

/** The content of a GGUF file of which only the beginning is read. @throws UserError as `readGguf` does. */
export async function readDistantGguf({ name, size, read }: DistantFile): Promise<GgufContent> {
  let failure: unknown;
  /** The library asks in ranges, as of a server. */
  const fetch = async (_: unknown, init?: RequestInit) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? [];
    const [offset, end] = [Number(from), Math.min(size, Number(to) + 1)];
    const bytes = await read({ offset, end: Math.max(offset, end) }).catch((error: unknown) => {
      failure = error;
      throw error;
    });
    return new Response(new Uint8Array(bytes), {
      status: 206,
      headers: { 'content-range': `bytes ${from}-${to}/${size}` },
    });
  };
  const header = () =>
    gguf(`http://${NO_HOST}/${encodeURIComponent(name)}`, { fetch: fetch as typeof globalThis.fetch });
  return contentOf(
    await parsed(name, size, header).catch((error: unknown) => {
      throw failure ?? error;
    }),
  );
}

/** Reserved by RFC 6761, so that it is nobody's. */
const NO_HOST = 'distant.invalid';

async function parse(file: string): Promise<Parsed> {
  await requireFile(file);
  const { size } = await stat(file);
  return parsed(file, size, () => gguf(file, { allowLocalFile: true }));
}

async function parsed(file: string, size: number, read: () => ReturnType<typeof gguf>): Promise<Parsed> {
  let header: Awaited<ReturnType<typeof gguf>>;
  try {
    header = await read();
  } catch (error) {
    throw new UserError(
      `source: expected a GGUF file, but ${file} does not read as one (${describeError(error)}); download it again`,
      { cause: error },
    );
  }
  // The sizes of quantised tensors are llama.cpp's to know, and it checks them; that each begins inside the file is ours.
  const last = header.tensorInfos.reduce((end, { offset }) => Math.max(end, Number(offset)), 0);
  const needed = Number(header.tensorDataOffset) + last;
  if (size <= needed) {
    throw new UserError(
      `source: expected a whole GGUF file, but ${file} ends after ${size} bytes and its last tensor begins at byte ` +
        `${needed}; download it again`,
    );
  }
  return {
    metadata: header.metadata as unknown as Metadata,
    tensorInfos: header.tensorInfos,
    dataBytes: size - Number(header.tensorDataOffset),
  };
}

function shapeOf(metadata: Metadata, architecture: string): GgufHeader['shape'] {
  const field = (name: string) => metadata[`${architecture}.${name}`];
  const layers = number(field('block_count'));
  const heads = number(field('attention.head_count'));
  const width = number(field('embedding_length'));
  const kvHeads = mean(field('attention.head_count_kv')) ?? heads;
  const headSize = number(field('attention.key_length')) ?? (width !== null && heads ? width / heads : null);
  const tokens = metadata['tokenizer.ggml.tokens'];
  if (layers === null || kvHeads === null || headSize === null || !Array.isArray(tokens)) return null;
  return { layers, kvHeads, headSize, vocabulary: tokens.length };
}

function specialTokens(metadata: Metadata): Record<string, string> {
  const tokens = metadata['tokenizer.ggml.tokens'];
  const found: Record<string, string> = {};
  for (const name of ['bos', 'eos', 'unknown', 'padding']) {
    const id = number(metadata[`tokenizer.ggml.${name}_token_id`]);
    const token = Array.isArray(tokens) && id !== null ? text(tokens[id]) : null;
    if (token !== null) found[`${TEMPLATE_NAMES[name] ?? name}_token`] = token;
  }
  return found;
}

const TEMPLATE_NAMES: Readonly<Record<string, string>> = { unknown: 'unk', padding: 'pad' };

function elements(shape: readonly bigint[]): number {
  return shape.reduce((product, length) => product * Number(length), 1);
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
}

/** Some models give each layer its own number of heads. */
function mean(value: unknown): number | null {
  if (!Array.isArray(value)) return number(value);
  const numbers = value.map(Number);
  return numbers.length === 0 ? null : numbers.reduce((total, n) => total + n, 0) / numbers.length;
}
