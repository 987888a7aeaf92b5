/** Outputs as each scorer might get them, right and wrong in turn: what the bench of the scorers feeds. */
import type { ScorerName } from '../src/core/score/table.js';

export type Row = Readonly<Record<string, unknown>>;

export interface Kind {
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
const QUEUES = ['billing', 'returns', 'delivery'];
const label = (i: number) => QUEUES[i % 3]!;

export const KINDS: Readonly<Record<ScorerName, Kind>> = {
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

/** What small models write more often than a bare answer, with the options of the suites in the box. */
export const SHAPES: Readonly<Record<string, Kind & { readonly scorer: ScorerName }>> = {
  'exact, a suite': { scorer: 'exact', options: { ignoreCase: true }, row: KINDS.exact.row },
  'classification, labels': { scorer: 'classification', options: { labels: QUEUES }, row: KINDS.classification.row },
  'classification, prose': {
    scorer: 'classification',
    options: { labels: QUEUES },
    row: (i) => ({ output: REPLY, target: label(i) }),
  },
  'classification, mentions': {
    scorer: 'classification',
    options: { labels: QUEUES, extract: 'mention' },
    row: (i) => ({ output: `This belongs to ${label(i)}, I think.`, target: label(i + (i % 2)) }),
  },
  'choice, prose': { scorer: 'choice', row: () => ({ output: REPLY, target: 'B', choices: CHOICES }) },
  'choice, mmlu-pro': {
    scorer: 'choice',
    options: { extract: 'mmlu-pro', choices: 10 },
    row: (i) => ({ output: `${REPLY} The answer is (${'ABCD'[i % 4]}).`, target: 'B' }),
  },
  'json, a document with lists': {
    scorer: 'json',
    row: (i) => ({
      output: `{"order": "X-${i}", "items": [{"name": "lamp", "count": 2}, {"name": "rug", "count": 1}], "due": "2024-01-02"}`,
      target: {
        order: `X-${i}`,
        items: [
          { name: 'rug', count: 1 },
          { name: 'lamp', count: 2 + (i % 2) },
        ],
        due: '2024-01-02',
      },
    }),
  },
  'json, prose': { scorer: 'json', row: () => ({ output: REPLY, target: { order: 1 } }) },
  'number, prose': { scorer: 'number', row: () => ({ output: `${REPLY} It costs 12 dollars.`, target: '12' }) },
  'math, tora': {
    scorer: 'math',
    options: { convention: 'tora' },
    row: (i) => ({ output: `\\frac{${i}}{7}`, target: `\\frac{${i + (i % 2)}}{7}` }),
  },
};
