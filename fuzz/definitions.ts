/** Suites, catalogues of models and price lists with one to three faults, through `check`, `run` and `report`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Random } from '../src/core/stats/basics/random.js';
import { folderWith, tidied } from './folder.js';
import { mutateText, mutateValue, pick } from './mutate.js';
import type { Part } from './part.js';
import { type Limits, outcomeOf, run } from './program.js';

const ROOT = join(import.meta.dirname, '..');
const LIMITS: Limits = { time: 30, memory: 2 ** 30 };

const SUITE = {
  name: 'sums',
  requirement: { margin: 0.05, limits: { ttft: { max: '500 ms', at: 'median' }, memory: { max: '2 GiB' } } },
  tasks: [
    {
      name: 'add',
      prompt: { system: 'Answer.', user: '{{ q }}', examples: { samples: [{ q: '1+1?', target: '2' }], count: 1 } },
      samples: [
        { id: 'a', q: '2+2?', target: '4' },
        { id: 'b', q: '3+3?', target: '6', group: 'g' },
      ],
      generation: { maxTokens: 8, stop: ['\n'], temperature: 0, timeout: 5 },
      filters: [{ filter: 'regex', pattern: '(\\d+)' }, { filter: 'strip' }],
      scorer: { name: 'exact', ignoreCase: true },
    },
    {
      name: 'pick',
      prompt: { text: '{{ q }}' },
      samples: { file: 'rows.jsonl', limit: 2, shuffle: true, fields: { target: '{{ a }}' } },
      scorer: { name: 'regex', pattern: '{{ target }}' },
    },
    {
      name: 'call',
      prompt: { user: '{{ q }}' },
      samples: [{ q: 'x', target: '{"a": 1}' }],
      scorer: { name: 'json', schema: { type: 'object', properties: { a: { type: 'number' } } } },
    },
  ],
};
const ROWS = '{"q":"one?","a":"1"}\n{"q":"two?","a":"2"}\n{"q":"three?","a":"3"}\n';
const MODELS = {
  default: ['small', 'large'],
  models: [
    { id: 'small', class: 'slm', backend: 'scripted', script: { answers: { '*': '4' }, ttft: 0.01, itl: 0.001 } },
    {
      id: 'large',
      parameters: '70 B',
      backend: 'scripted',
      price: { input: 1, output: 2, date: '2026-01-01', source: 'x' },
    },
    { id: 'gguf', class: 'slm', backend: 'llama-cpp', source: 'x.gguf', variants: { q8: { quantisation: 'q8_0' } } },
    { id: 'onnx', class: 'slm', backend: 'onnxruntime', source: 'folder', context: 100 },
    { id: 'js', class: 'slm', backend: 'transformers', source: 'folder', dtype: 'q4' },
    {
      id: 'hosted',
      class: 'llm',
      backend: 'openai',
      source: 'x',
      endpoint: 'http://127.0.0.1:1/v1',
      apiKeyEnv: 'FUZZ_API_KEY',
    },
  ],
};
const PRICES = {
  devices: [
    {
      name: 'Desk',
      memory: '16 GiB',
      usable: 0.8,
      bandwidth: '50 GB',
      watts: 30,
      price: { dollars: 400, per: 'device', date: '2026-01-01', source: 'x' },
    },
  ],
  electricity: { dollars: 0.3, date: '2026-01-01', source: 'x' },
};
const LOG = join(ROOT, 'test/golden/troubled/log.jsonl');
const RUN = ['run', '-s', 'suite.yaml', '-m', 'small', '--models', 'models.json', '--reports', 'summary', '-q'];

export const definitions: Part = {
  about: 'suites, models.json and price lists with faults, through check, run and report',
  cases: { quick: 70, long: 700 },
  async open() {
    const suites = [SUITE, ...packagedSuites()];
    return {
      async attempt(random) {
        const files = { 'suite.yaml': stringify(SUITE), 'models.json': JSON.stringify(MODELS), 'rows.jsonl': ROWS };
        const [changed, args] = hostile(random, suites);
        const folder = folderWith({ ...files, ...changed });
        const finished = await run(args, folder, LIMITS);
        return tidied(folder, outcomeOf(finished, LIMITS, `cd ${folder} && rightsize ${args.join(' ')}`));
      },
      async close() {},
    };
  },
};

type Hostile = readonly [changed: Readonly<Record<string, string>>, args: readonly string[]];

function hostile(random: Random, suites: readonly unknown[]): Hostile {
  const check = ['check', '-s', 'suite.yaml', '--models', 'models.json'];
  switch (random.below(5)) {
    case 0:
      return [{ 'suite.yaml': written(pick(suites, random), stringify, random) }, [...check, '-m', 'small']];
    case 1:
      return [{ 'suite.yaml': written(SUITE, stringify, random) }, RUN];
    case 2:
      return [{ 'rows.jsonl': mutateText(ROWS, random) }, RUN];
    case 3:
      return [{ 'models.json': written(MODELS, JSON.stringify, random) }, pick([check, RUN], random)];
    default:
      return [
        { 'prices.json': written(PRICES, JSON.stringify, random) },
        ['report', LOG, '--prices', 'prices.json', '-o', 'out', '--reports', 'summary'],
      ];
  }
}

/** Mostly well-formed with a wrong value, and sometimes not well-formed. */
function written(value: unknown, write: (value: unknown) => string, random: Random): string {
  return random.below(4) === 0 ? mutateText(write(value), random) : write(mutateValue(value, random));
}

/** The suites of the package whose data are here. */
function packagedSuites(): readonly unknown[] {
  const folder = join(ROOT, 'suites');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((text) => !text.includes('hf:') && !text.includes('file:'))
    .map((text): unknown => parse(text));
}
