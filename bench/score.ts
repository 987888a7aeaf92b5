/**
 * How fast `rightsize score` judges stored outputs, and in how much memory: for every scorer a file of outputs as it might get
 * them, right and wrong in turn; and a million of them for the plainest, whose memory is that of ten. The command line is run
 * as people run it, from dist/ (`npm run build`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { isMissing } from '../src/core/quantity.js';
import { SCORER_NAMES, type ScorerName } from '../src/core/score/table.js';
import { sampleMemory } from '../src/worker/memory.js';
import { type Figure, type Part, spreadOf } from './part.js';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const MANY = 1_000_000;
const SOME = 50_000;

type Row = Readonly<Record<string, unknown>>;

interface Kind {
  readonly options?: object;
  row(i: number): Row;
}

const REPLY =
  'Dear customer, your order left our warehouse this morning and will be with you on Tuesday. Kind regards.';
const CHOICES = ['Rome', 'Paris', 'Berlin', 'Madrid'];
const logits = (i: number) => ({
  effect: 'loglikelihoods',
  conditional: [-4 - (i % 3), -5, -6, -7],
  tokens: [1, 1, 1, 1],
});
const label = (i: number) => ['billing', 'returns', 'delivery'][i % 3]!;

const KINDS: Readonly<Record<ScorerName, Kind>> = {
  exact: { row: (i) => ({ output: label(i), target: label(i + (i % 2)) }) },
  includes: { row: (i) => ({ output: `It goes to ${label(i)}.`, target: label(i + (i % 2)) }) },
  regex: { options: { pattern: 'queue: (\\w+)' }, row: (i) => ({ output: `queue: ${label(i)}`, target: label(0) }) },
  number: { row: (i) => ({ output: `So 3 * ${i} = ${3 * i}.\n#### ${3 * i}`, target: String(3 * i + (i % 2)) }) },
  math: { row: (i) => ({ output: `Thus \\boxed{\\frac{${i}}{7}}.`, target: `\\frac{${i + (i % 2)}}{7}` }) },
  choice: { row: (i) => ({ output: `The answer is (${'ABCD'[i % 4]}).`, target: 'B', choices: CHOICES }) },
  'multiple-choice': { row: (i) => ({ output: '', target: i % 4, choices: CHOICES, evidence: logits(i) }) },
  perplexity: {
    row: (i) => ({
      output: '',
      choices: [REPLY],
      evidence: { ...logits(i), conditional: [-40 - (i % 9)], tokens: [30] },
    }),
  },
  classification: { row: (i) => ({ output: label(i), target: label(i + (i % 2)) }) },
  'multi-label': { row: (i) => ({ output: `${label(i)}, ${label(i + 1)}`, target: [label(i), label(i + (i % 2))] }) },
  ordinal: { row: (i) => ({ output: `${1 + (i % 5)} of 5`, target: 1 + ((i + (i % 2)) % 5) }) },
  entities: {
    row: (i) => ({
      output: `[{"text": "${label(i)}", "type": "QUEUE"}]`,
      target: [{ text: label(i + (i % 2)), type: 'QUEUE' }],
    }),
  },
  json: { row: (i) => ({ output: `{"order": ${i}, "item": "lamp"}`, target: { order: i + (i % 2), item: 'lamp' } }) },
  'function-calls': {
    row: (i) => ({
      output: `[track(order=${i})]`,
      target: [{ track: { order: [i + (i % 2)] } }],
      function: [
        {
          name: 'track',
          parameters: { type: 'dict', properties: { order: { type: 'integer' } }, required: ['order'] },
        },
      ],
    }),
  },
  squad: { row: (i) => ({ output: `the ${label(i)} queue`, target: [`${label(0)} queue`, label(0)] }) },
  rouge: { row: (i) => ({ output: `${REPLY} ${i}`, target: REPLY }) },
  bleu: { row: (i) => ({ output: `${REPLY} ${i}`, target: REPLY }) },
  chrf: { row: (i) => ({ output: `${REPLY} ${i}`, target: REPLY }) },
  similarity: {
    row: (i) => ({
      output: REPLY,
      target: REPLY,
      evidence: {
        effect: 'embeddings',
        vectors: [i, i + 1].map((at) => Array.from({ length: 384 }, (_, k) => (at + k) % 7)),
      },
    }),
  },
  ifeval: {
    row: () => ({
      output: REPLY,
      instruction_id_list: ['punctuation:no_comma', 'length_constraints:number_words'],
      kwargs: [{}, { relation: 'at least', num_words: 10 }],
    }),
  },
  code: {
    row: (i) => ({
      output: 'return 1',
      task_id: String(i % 100),
      evidence: { effect: 'sandbox', result: i % 2 ? 'passed' : 'failed' },
    }),
  },
  judge: {
    options: { rubric: 'A good answer is polite.' },
    row: (i) => ({ output: REPLY, evidence: { effect: 'judge', answers: [`Polite. [[${1 + (i % 5)}]]`] } }),
  },
  refusal: { row: (i) => ({ output: i % 2 ? REPLY : "I'm sorry, but I cannot help with that.", target: 'safe' }) },
  bbq: {
    row: (i) => ({
      output: ['the gardener', 'not known', 'the cook'][i % 3]!,
      target: 1,
      ans0: 'the gardener',
      ans1: 'not known',
      ans2: 'the cook',
      category: 'Age',
      question_polarity: 'neg',
      context_condition: 'ambig',
      answer_info: { ans0: ['gardener', 'old'], ans1: ['not known', 'unknown'], ans2: ['cook', 'nonOld'] },
      additional_metadata: { stereotyped_groups: ['old'] },
    }),
  },
  'crows-pairs': {
    row: (i) => ({
      output: '',
      bias_type: 'age',
      evidence: { effect: 'loglikelihoods', conditional: [-40 - (i % 3), -41] },
    }),
  },
  own: {
    options: { module: './mine.mjs' },
    row: (i) => ({ output: label(i), target: label(0), evidence: { effect: 'own', verdict: { value: i % 2 } } }),
  },
  winobias: {
    row: (i) => ({
      output: '',
      target: 0,
      stereotype: i % 2 ? 'pro' : 'anti',
      evidence: { effect: 'loglikelihoods', conditional: [-40 - (i % 3), -41] },
    }),
  },
};

export const scorePart: Part = {
  about: 'rightsize score: stored outputs a second, scorer by scorer, and the memory of a million',
  async *measure({ pairs }) {
    const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
    try {
      const file = join(folder, 'rows.jsonl');
      await writeRows(file, KINDS.exact, MANY);
      yield* await figuresOf('exact', { file, rows: MANY, times: pairs, megabytes: 200 });
      for (const name of SCORER_NAMES) {
        if (name === 'exact') continue;
        await writeRows(file, KINDS[name], SOME);
        yield* await figuresOf(name, { file, rows: SOME, times: pairs, megabytes: null });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function writeRows(file: string, { row }: Kind, count: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let i = 0; i < count; i++) {
    if (!stream.write(`${JSON.stringify(row(i))}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

interface Measured {
  readonly file: string;
  readonly rows: number;
  readonly times: number;
  /** Goal of the peak memory; null for none. */
  readonly megabytes: number | null;
}

async function figuresOf(name: ScorerName, { file, rows, times, megabytes }: Measured): Promise<Figure[]> {
  const found = [];
  for (let n = 0; n < times; n++) found.push(await scoreFile(file, name));
  const what = `${name}: ${rows.toLocaleString('en')} stored outputs`;
  return [
    { what, unit: 'outputs/s', ours: spreadOf(found.map(({ seconds }) => rows / seconds)), goal: null },
    {
      what: `${what}, peak memory`,
      unit: 'MB',
      ours: spreadOf(found.map(({ bytes }) => bytes / 1e6)),
      goal: megabytes === null ? null : { atMost: megabytes },
    },
  ];
}

/** The whole command, its start included. */
async function scoreFile(file: string, name: ScorerName): Promise<{ seconds: number; bytes: number }> {
  const options = JSON.stringify(KINDS[name].options ?? {});
  const begin = performance.now();
  const child = spawn(process.execPath, [CLI, 'score', file, '--scorer', name, '--options', options, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const memory = sampleMemory([child.pid!], 20);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  const seconds = (performance.now() - begin) / 1000;
  const { peak } = await memory.stop();
  if (code !== 0) throw new Error(`rightsize score --scorer ${name} ended with exit code ${code}`);
  const { unscored } = JSON.parse(said);
  if (unscored.length > 0) throw new Error(`${name}: ${unscored[0].count} outputs are unscored: ${unscored[0].reason}`);
  if (isMissing(peak.resident)) throw new Error(peak.resident.missing);
  return { seconds, bytes: peak.resident.value };
}
