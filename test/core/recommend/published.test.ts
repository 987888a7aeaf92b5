import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { isMissing } from '../../../src/core/measure/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { makeLog } from '../../support/log.js';
import { describeWith, shared } from '../../support/shared.js';

const RESPONSES = 'datasets/routellm-small-vs-large/gsm8k_responses.csv.gz';
const CONTAMINATED = 'datasets/routellm-small-vs-large/gsm8k_contaminated_prompts.jsonl';

describeWith([RESPONSES, CONTAMINATED], 'Mixtral against GPT-4 on GSM8K, 1,307 problems (RouteLLM)', () => {
  it('is a verdict for the large model, with the paired difference and standard error of the data', () => {
    const dropped = new Set(
      readFileSync(shared(CONTAMINATED), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { eval_prompt: string }).eval_prompt),
    );
    const rows = (
      parse(gunzipSync(readFileSync(shared(RESPONSES))), { columns: true }) as Record<string, string>[]
    ).filter(({ prompt }) => !dropped.has(prompt!));
    expect(rows).toHaveLength(1307);
    const answers = (column: string) => (sample: string, outcome: object) => {
      const i = Number(sample.split('-').at(-1)) - 1;
      return { ...outcome, output: rows[i]![column] === 'True' ? `answer ${i}` : 'wrong' } as never;
    };
    const log = makeLog({
      requirement: { margin: 0.03 },
      tasks: [{ name: 'gsm8k', samples: rows.length }],
      models: [
        {
          id: 'mixtral-8x7b',
          class: 'slm',
          quality: 1,
          tokens: 2,
          sureness: null,
          outcome: answers('mistralai/Mixtral-8x7B-Instruct-v0.1'),
        },
        {
          id: 'gpt-4-1106',
          class: 'llm',
          quality: 1,
          tokens: 2,
          sureness: null,
          outcome: answers('gpt-4-1106-preview'),
        },
      ],
    });
    const { verdict, tasks } = recommend(analyse(log)).suites[0]!;
    expect(verdict).toEqual({ kind: 'llm-needed', model: 'gpt-4-1106' });
    const { test } = tasks[0]!.comparisons[0]!;
    if (isMissing(test)) throw new Error(test.missing);
    expect(test.difference.value).toBeCloseTo(-0.220352, 6);
    expect(test.difference.standardError).toBeCloseTo(0.0155402, 7);
  });
});
