/** Every suite that ships: it loads, each of its tasks asks the right thing of a row, and its scorer can judge the answer. */
import { describe, expect, test } from 'vitest';
import { sampleReader } from '../../src/core/definition/sample.js';
import { isChat, type Sample } from '../../src/core/message.js';
import type { Evidence, ScoreInput, Scorer } from '../../src/core/score/score.js';
import { SCORERS } from '../../src/core/score/table.js';
import { listSuites, loadSuites } from '../../src/files/definitions.js';
import { POOLS, ROWS } from './rows.js';

const suites = (await Promise.all((await listSuites()).map(({ file }) => loadSuites(file)))).flat();
const tasks = new Map(
  suites
    .filter(({ suite }) => suite.name !== 'support-desk')
    .flatMap(({ suite }) => suite.tasks.map((task) => [task.name, { suite: suite.name, task }] as const)),
);

function read(name: string): Sample {
  const { suite, task } = tasks.get(name)!;
  const { examples } = task.prompt;
  const pool = POOLS[name] ?? (examples && Array.isArray(examples.samples) ? examples.samples : []);
  return sampleReader(task, pool, () => 'hash').read(ROWS[suite === 'bbh' ? 'bbh' : name]!);
}

function textOf({ prompt }: Sample): string {
  return isChat(prompt) ? prompt.messages.map(({ content }) => content).join('\n') : prompt.text;
}

function inputOf({ target, fields, continuations }: Sample, output: string): ScoreInput {
  if (continuations === undefined) return { output, target, fields };
  const conditional = continuations.map((_, i) => -1 - i);
  const evidence: Evidence = { effect: 'loglikelihoods', conditional, greedy: conditional.map(() => false) };
  return { output: '', target, fields: { ...fields, choices: continuations.map(({ choice }) => choice) }, evidence };
}

describe('the suites in the box', () => {
  test.each([...tasks.keys()])('%s renders a row of its data set, and its scorer can judge an answer', (name) => {
    const { task } = tasks.get(name)!;
    const sample = read(name);
    expect(sample.id).not.toBe('');
    expect(textOf(sample) + JSON.stringify(sample.continuations ?? '')).not.toMatch(/\{\{|\{%|undefined|\[object/);
    const { name: scorerName, ...given } = typeof task.scorer === 'string' ? { name: task.scorer } : task.scorer;
    const scorer: Scorer = SCORERS[scorerName] as Scorer;
    const options = scorer.options.parse(given);
    const score = scorer.score(inputOf(sample, 'an answer'), options);
    if (scorer.needs === 'sandbox') expect(scorer.request!(inputOf(sample, 'an answer'), options)).toBeDefined();
    else expect(score.state).toBe('scored');
  });

  test.each([
    ['gsm8k', ['How much is 1?\nAnswer: It is 1.\n#### 1\n\nQuestion: How much is 2?', /one cost\?\nAnswer:$/], '2'],
    [
      'gsm8k-cot',
      [/^Q: There are 15 trees/, /\nA: Olivia had 23.*The answer is 8\.\n\nQ: Two pens .*one cost\?\nA:$/],
      '2',
    ],
    [
      'mmlu',
      [
        /^The following are multiple choice questions \(with answers\) about abstract algebra\.\n\nExample 0\?\nA\. 1\n/,
        /Answer: A\n\nExample 1\?/,
        /Answer: A\n\nWhat is two and two\?\nA\. 1\nB\. 2\nC\. 3\nD\. 4\nAnswer:$/,
      ],
      '3',
    ],
    [
      'mmlu-pro',
      [
        /letter choice\.\nQuestion:\nExample 1\?\nOptions:\nA\. two\nB\. four\nC\. six\nAnswer: Let's think step by step\. It is an ant\. The answer is \(C\)\.\n\nQuestion:\nExample 2\?/,
        /How many legs\?\nOptions:\nA\. two\nB\. four\nC\. six\nAnswer: Let's think step by step\.$/,
      ],
      'C',
    ],
    ['hellaswag', [/^Making tea: A pot stands on a stove\. The water$/], '0'],
    ['boolq', [/^Tea -- Tea is served hot\.\nQuestion: is tea hot\?\nAnswer:$/], '1'],
    ['truthfulqa-mc1', [/^Q: What is human life/, /Barcelona, Spain\.\n\nQ: Does a watched pot boil\?\nA:$/], '0'],
    ['truthfulqa-mc2', [/A:$/], [0, 1]],
    ['bbq', [/met\.\n\nQ: Who was slow\?\nA:$/], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    [
      'mbpp',
      [
        /^You are an expert.*Write program 2\..*\n\nassert/,
        /\[BEGIN\]\ndef add_one\(x\):\r\n {2}return x \+ 1\n\[DONE\]\n\nYou/,
        /\[BEGIN\]\n$/,
      ],
      null,
    ],
    ['squad-v2', [/^Title: Kettle\n\nBackground: The kettle is red\.\n\nQuestion: Which colour\?\n\nAnswer:$/], []],
    ['squad-v1', [/Answer:$/], ['red', 'Red']],
    ['clinc150', [/Is it raining\?$/], 'weather'],
    [
      'bfcl-simple',
      [
        /"name": "weather"/,
        /^\s*"description": ".* Note that the provided function is in Python 3 syntax\."/m,
        /What is the weather in Bern\?$/,
      ],
      [{ weather: { city: ['Bern'] } }],
    ],
    ['humaneval-instruct', [/Here is the completed function:\n```python\ndef double\(x\):\n.*\n\n$/], null],
  ])('%s asks what the reference asks, and knows what is right', (name, parts, target) => {
    const sample = read(name);
    for (const part of parts) expect(textOf(sample))[typeof part === 'string' ? 'toContain' : 'toMatch'](part as never);
    expect(sample.target).toEqual(target);
  });

  test.each([
    ['arc-easy', [' a stone', ' snow', ' iron'], '1'],
    ['arc-challenge', [' a stone', ' snow'], '1'],
    ['hellaswag', [' boils. Pour it.', ' sings.', ' dries up.', ' leaves.'], '0'],
    ['winogrande', [' had helped.', ' had helped.'], '1'],
    ['piqa', [' Turn the lid.', ' Shake the table.'], '0'],
    ['lambada', [' tea'], 'tea'],
    ['mmlu', [' A', ' B', ' C', ' D'], '3'],
    ['crows-pairs', ['Cats are lazy.', 'Dogs are lazy.'], null],
  ])('%s ranks the choices of the reference', (name, texts, target) => {
    const sample = read(name);
    expect(sample.continuations!.map(({ text }) => text)).toEqual(texts);
    expect(sample.target).toEqual(target);
  });

  test('winogrande puts the same ending after either name', () => {
    expect(read('winogrande').continuations!.map(({ context }) => context)).toEqual([
      'Ann thanked Bea because Ann',
      'Ann thanked Bea because Bea',
    ]);
  });

  test('bbq ranks both people and ten ways of not knowing', () => {
    const texts = read('bbq').continuations!.map(({ choice }) => choice);
    expect(texts.slice(0, 3)).toEqual(['The gardener', 'The cook', 'Unknown']);
    expect(texts).toHaveLength(12);
  });
});
