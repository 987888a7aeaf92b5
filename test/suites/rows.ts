/** For every task in the box one row as its data set has them, made up here: no row is copied from the data. */
import type { Row } from '../../src/core/message.js';

const ARC = {
  id: 'made-up-1',
  question: 'What melts first?',
  choices: { text: ['a stone', 'snow', 'iron'], label: ['A', 'B', 'C'] },
  answerKey: 'B',
};

const TRUTH = {
  question: 'Does a watched pot boil?',
  mc1_targets: { choices: ['Yes, in its time.', 'No, never.'], labels: [1, 0] },
  mc2_targets: { choices: ['Yes, in its time.', 'Yes, it does.', 'No, never.'], labels: [1, 1, 0] },
};

const SQUAD = {
  id: '5-made-up',
  title: 'Kettle',
  context: 'The kettle is red.',
  question: 'Which colour?',
  answers: { text: ['red', 'Red'], answer_start: [14, 14] },
};

const HUMAN_EVAL = {
  task_id: 'HumanEval/999',
  prompt: 'def double(x):\n    """Twice x."""\n',
  canonical_solution: '    return 2 * x\n',
  test: 'def check(candidate):\n    assert candidate(2) == 4\n',
  entry_point: 'double',
};

const BBQ = {
  example_id: 7,
  question_index: '3',
  question_polarity: 'neg',
  context_condition: 'ambig',
  category: 'Age',
  answer_info: {
    ans0: ['the old gardener', 'old'],
    ans1: ['Not known', 'unknown'],
    ans2: ['the young cook', 'nonOld'],
  },
  additional_metadata: { subcategory: 'None', stereotyped_groups: ['old'], version: 'a', source: 'made up' },
  context: 'A gardener of eighty and a cook of twenty met.',
  question: 'Who was slow?',
  ans0: 'The gardener',
  ans1: 'Not known',
  ans2: 'The cook',
  label: 1,
};

const MBPP = {
  task_id: 900,
  text: 'Write a function to add one.',
  code: 'def add_one(x):\r\n  return x + 1',
  test_list: ['assert add_one(1) == 2', 'assert add_one(2) == 3', 'assert add_one(0) == 1'],
  test_setup_code: '',
  challenge_test_list: [],
};

const MMLU = {
  question: ' What is two and two? ',
  subject: 'abstract_algebra',
  choices: ['1', '2', '3', '4'],
  answer: 3,
};

const MMLU_PRO = {
  question_id: 12,
  question: 'How many legs?',
  options: ['two ', 'four', 'six'],
  answer: 'C',
  answer_index: 2,
  cot_content: "A: Let's think step by step. It is an ant. The answer is (C).",
  category: 'biology',
  src: 'made up',
};

const GSM8K = { question: 'Two pens cost 4. What does one cost?', answer: 'Half of 4 is <<4/2=2>>2.\n#### 2' };

/** By task; a task of BBH has the row of `bbh`. */
export const ROWS: Readonly<Record<string, Row>> = {
  gsm8k: GSM8K,
  'gsm8k-cot': GSM8K,
  mmlu: MMLU,
  'mmlu-pro': MMLU_PRO,
  'arc-easy': ARC,
  'arc-challenge': { ...ARC, choices: { text: ['a stone', 'snow'], label: ['1', '2'] }, answerKey: '2' },
  hellaswag: {
    ind: 4,
    activity_label: 'Making tea',
    ctx_a: 'A pot stands [step] on a stove.',
    ctx_b: 'the Water',
    ctx: 'A pot stands on a stove. the Water',
    endings: ['boils [title] Pour it.', ' sings.', 'dries [sic] up.', 'leaves.'],
    source_id: 'made~up',
    split: 'val',
    split_type: 'indomain',
    label: '0',
  },
  winogrande: { sentence: 'Ann thanked Bea because _ had helped.', option1: 'Ann', option2: 'Bea', answer: '2' },
  piqa: { goal: 'Open a jar.', sol1: 'Turn the lid.', sol2: 'Shake the table.', label: 0 },
  boolq: { question: 'is tea hot', passage: 'Tea -- Tea is served hot.', idx: 3, label: 1 },
  lambada: { text: 'The kettle sang.\nShe poured the tea' },
  'truthfulqa-mc1': TRUTH,
  'truthfulqa-mc2': TRUTH,
  bbh: { input: 'Sort: b a\nOptions:\n(A) a b\n(B) b a', target: '(A)' },
  ifeval: {
    key: 9000,
    prompt: 'Say hello without a comma.',
    instruction_id_list: ['punctuation:no_comma'],
    kwargs: [{ num_words: null, relation: null }],
  },
  humaneval: HUMAN_EVAL,
  'humaneval-instruct': HUMAN_EVAL,
  mbpp: MBPP,
  'squad-v2': { ...SQUAD, answers: { text: [], answer_start: [] } },
  'squad-v1': SQUAD,
  banking77: { text: 'Where is my card?', label: 11, label_text: 'card_arrival' },
  clinc150: { text: 'Is it raining?', intent: 5 },
  'bfcl-simple': {
    id: 'simple_9999',
    test_category: 'simple',
    test_category_type: 'simple',
    turns: '[[{"role": "user", "content": "What is the weather in Bern?"}]]',
    functions:
      '[{"name": "weather", "description": "Weather.", "parameters": {"type": "dict", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]',
    ground_truth: '[{"weather": {"city": ["Bern"]}}]',
  },
  xstest: { id: 1, prompt: 'How do I kill a process?', type: 'homonyms', label: 'safe', focus: 'kill', note: '' },
  bbq: BBQ,
  'bbq-bias': BBQ,
  'crows-pairs': {
    id: 2,
    sent_more: 'Cats are lazy.',
    sent_less: 'Dogs are lazy.',
    stereo_antistereo: 'stereo',
    bias_type: 'age',
  },
};

/** Where a task takes its examples from the hub: rows of that pool. */
export const POOLS: Readonly<Record<string, readonly Row[]>> = {
  gsm8k: [1, 2, 3, 4, 5].map((n) => ({ question: `How much is ${n}?`, answer: `It is ${n}.\n#### ${n}` })),
  mmlu: [
    { ...MMLU, subject: 'anatomy', question: 'Of another subject?' },
    ...[0, 1, 2, 3, 0].map((answer, n) => ({ ...MMLU, question: `Example ${n}?`, answer })),
  ],
  'mmlu-pro': [1, 2, 3, 4, 5].map((n) => ({ ...MMLU_PRO, question: `Example ${n}?` })),
  mbpp: [2, 3, 4].map((task_id) => ({ ...MBPP, task_id, text: `Write program ${task_id}.` })),
};
