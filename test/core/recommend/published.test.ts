import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { isMissing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { buildCharts } from '../../../src/core/report/charts/table.js';
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
          // The data carry no log-probabilities: a signal that knows nothing stands in for one.
          sureness: 0,
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
    const analysis = analyse(log);
    const recommendation = recommend(analysis);
    const { verdict, tasks } = recommendation.suites[0]!;
    expect(verdict).toEqual({ kind: 'llm-needed', model: 'gpt-4-1106' });
    const { test } = tasks[0]!.comparisons[0]!;
    if (isMissing(test)) throw new Error(test.missing);
    expect(test.difference.value).toBeCloseTo(-0.220352, 6);
    expect(test.difference.standardError).toBeCloseTo(0.0155402, 7);

    const { evaluation, verdict: cascade } = tasks[0]!.cascades[0]!;
    if (isMissing(evaluation)) throw new Error(evaluation.missing);
    expect(cascade).not.toBe('passes');
    // From Mixtral alone to GPT-4 alone, and what hindsight could reach: the two together beat GPT-4.
    expect(evaluation.curve[0]).toEqual({ rate: 0, score: expect.closeTo(0.637337, 6) });
    expect(evaluation.curve.at(-1)).toEqual({ rate: 1, score: expect.closeTo(0.857689, 6) });
    expect(Math.max(...evaluation.oracle.map(({ score }) => score))).toBeCloseTo(0.92961, 6);
    expect(evaluation.areas.random).toBeCloseTo((0.637337 + 0.857689) / 2, 5);
    if (isMissing(evaluation.gap.average) || isMissing(evaluation.gap.half))
      throw new Error('there is a gap of 22 points');
    expect(evaluation.gap.average.byArea).toBeCloseTo(0.5, 1);
    expect(evaluation.gap.half.value).toBeCloseTo(0.5, 1);
    const chart = buildCharts(analysis, recommendation)[0]!.charts.find(({ name }) => name === 'cascade-gsm8k')!;
    expect(chart).toMatchObject({
      title: expect.stringContaining('is not shown to be'),
      alt: expect.stringContaining('mixtral-8x7b alone scores 63.7%, gpt-4-1106 alone 85.8%'),
    });
  });
});
