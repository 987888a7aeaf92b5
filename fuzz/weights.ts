/** Model files with wrong bytes and configurations with wrong values, each opened and asked by `run` as any model. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '../src/core/stats/basics/random.js';
import { tidied } from './folder.js';
import { mutateBytes, mutateText, mutateValue, pick } from './mutate.js';
import type { Part } from './part.js';
import { type Limits, outcomeOf, run } from './program.js';

const MODEL = join(import.meta.dirname, '../models/reference-slm');
const LIMITS: Limits = { time: 60, memory: 4 * 2 ** 30 };
const GGUF = 'reference-slm-q8_0.gguf';
const GRAPH = 'onnx/model_quantized.onnx';

/** Each file that is opened, and who opens it. */
const TARGETS = [
  { file: GGUF, backend: 'llama-cpp', source: `model/${GGUF}` },
  {
    file: 'lora-queues.gguf',
    backend: 'llama-cpp',
    source: `model/${GGUF}`,
    lora: [{ file: 'model/lora-queues.gguf' }],
  },
  { file: GRAPH, backend: 'onnxruntime', source: 'model' },
  { file: GRAPH, backend: 'transformers', source: 'model', dtype: 'q8' },
  ...['tokenizer.json', 'tokenizer_config.json', 'genai_config.json', 'special_tokens_map.json'].map((file) => ({
    file,
    backend: 'onnxruntime',
    source: 'model',
  })),
  ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json'].map((file) => ({
    file,
    backend: 'transformers',
    source: 'model',
    dtype: 'q8',
  })),
] as const;

const SUITE = `name: one
tasks:
  - name: ask
    prompt: { system: Route the ticket., user: '{{ q }}' }
    samples: [{ id: a, q: 'Where is my parcel?', target: x }]
    generation: { maxTokens: 4, timeout: 10 }
    scorer: exact
`;

export const weights: Part = {
  about: 'GGUF, ONNX, tokenizers and configurations with faults, opened and asked by run',
  cases: { quick: 40, long: 300 },
  async open() {
    return {
      async attempt(random) {
        const { file, ...fields } = pick(TARGETS, random);
        const folder = mkdtempSync(join(tmpdir(), 'rightsize-fuzz-'));
        cpSync(MODEL, join(folder, 'model'), { recursive: true });
        writeFileSync(join(folder, 'model', file), changed(file, random));
        writeFileSync(join(folder, 'suite.yaml'), SUITE);
        // The graph of the entry is the one that was changed.
        const graph = fields.backend === 'onnxruntime' ? { file: GRAPH } : {};
        const model = { id: 'm', class: 'slm', threads: 1, ...graph, ...fields };
        writeFileSync(join(folder, 'models.json'), JSON.stringify({ default: ['m'], models: [model] }));
        const args = ['run', '-s', 'suite.yaml', '--models', 'models.json', '--reports', 'summary', '-q'];
        const finished = await run(args, folder, LIMITS);
        const again = `cd ${folder} && rightsize ${args.join(' ')} # ${fields.backend}, ${file}`;
        return tidied(folder, outcomeOf(finished, LIMITS, again));
      },
      async close() {},
    };
  },
};

function changed(file: string, random: Random): string | Uint8Array {
  const path = join(MODEL, file);
  if (!file.endsWith('.json')) return mutateBytes(readFileSync(path), random);
  const text = readFileSync(path, 'utf8');
  return random.below(4) === 0 ? mutateText(text, random) : JSON.stringify(mutateValue(JSON.parse(text), random));
}
