import { describe, expect, test } from 'vitest';
import type { ScoreInput } from '../../../src/core/score/score.js';
import { code, programOf } from '../../../src/core/score/scorers/code.js';
import { judge as judgeScorer } from '../../../src/core/score/scorers/judge.js';
import { cosine, similarity } from '../../../src/core/score/scorers/similarity.js';
import { judge, scoreOf } from './judge.js';

describe('pass@k', () => {
  test('is the mean over samples, and missing where a sample has too few repetitions', () => {
    const aggregate = code.aggregate!(code.options.parse({ k: [1, 2, 3] }));
    const add = (sample: string, value: number) =>
      aggregate.add({
        sample,
        input: { output: '', target: null, fields: {} },
        score: { state: 'scored', value, answer: '' },
      });
    for (const [sample, value] of [
      ['a', 1],
      ['a', 0],
      ['b', 0],
      ['b', 0],
    ] as const)
      add(sample, value);
    expect(aggregate.metrics()).toEqual({
      'pass@1': { value: 0.25 },
      'pass@2': { value: 0.5 },
      'pass@3': { missing: 'a sample has only 2 repetitions' },
    });
  });
});

describe('code', () => {
  const fields = { prompt: 'def add(a, b):\n', test: 'def check(f):\n    assert f(1, 2) == 3', entry_point: 'add' };
  const input = (output: string): ScoreInput => ({ output, target: null, fields });

  test('a completion continues the prompt, and a whole function replaces it', () => {
    expect(programOf(input('    return a + b\n'), { format: 'humaneval' })).toBe(
      `${fields.prompt}    return a + b\n\n${fields.test}\ncheck(add)`,
    );
    expect(programOf(input('```python\ndef add(a, b):\n    return a + b\n```'), { format: 'humaneval' })).toBe(
      `def add(a, b):\n    return a + b\n\n${fields.test}\ncheck(add)`,
    );
    expect(
      programOf(
        { output: 'x = 1', target: null, fields: { test_list: ['assert x'], test_setup_code: '' } },
        { format: 'mbpp' },
      ),
    ).toBe('x = 1\nassert x');
  });

  test('is unscored until the program was run, and then passes or not', () => {
    expect(judge(code, input('x'))).toMatchObject({ state: 'unscored' });
    expect(code.request!(input('x'), code.options.parse({}))).toMatchObject({
      effect: 'sandbox',
      language: 'python',
      timeout: 3,
    });
    for (const [result, value] of [
      ['passed', 1],
      ['failed', 0],
      ['timed out', 0],
    ] as const) {
      expect(scoreOf(code, { ...input('x'), evidence: { effect: 'sandbox', result, message: '' } })).toBe(value);
    }
  });
});

describe('similarity', () => {
  test('is the best cosine among the targets, or whether it reaches a threshold', () => {
    const evidence = {
      effect: 'embeddings',
      vectors: [
        [1, 0],
        [0, 2],
        [3, 4],
      ],
    } as const;
    const input = { output: 'a', target: ['b', 'c'], evidence };
    expect(scoreOf(similarity, input)).toBeCloseTo(0.6, 12);
    expect(scoreOf(similarity, input, { threshold: 0.6 })).toBe(1);
    expect(scoreOf(similarity, input, { threshold: 0.61 })).toBe(0);
    expect(similarity.request!({ output: 'a', target: ['b', 'c'], fields: {} }, { model: 'm' })).toEqual({
      effect: 'embeddings',
      model: 'm',
      texts: ['a', 'b', 'c'],
    });
  });

  test('of opposites is 0, of silence 0, and without embeddings unknown', () => {
    expect(cosine([1, 0], [-1, 0])).toBe(-1);
    expect(
      scoreOf(similarity, {
        output: 'a',
        target: 'b',
        evidence: {
          effect: 'embeddings',
          vectors: [
            [1, 0],
            [-1, 0],
          ],
        },
      }),
    ).toBe(0);
    expect(scoreOf(similarity, { output: ' ', target: 'b' })).toBe(0);
    expect(judge(similarity, { output: 'a', target: 'b' })).toMatchObject({ state: 'unscored' });
  });
});

describe('a judge', () => {
  const evidence = (...answers: string[]) => ({ effect: 'judge', answers }) as const;
  const rubric = { rubric: 'Be kind.' };

  test('gives a mark, which becomes a score from 0 to 1', () => {
    expect(scoreOf(judgeScorer, { output: 'hi', evidence: evidence('Kind enough. [[4]]') }, rubric)).toBe(0.75);
    expect(scoreOf(judgeScorer, { output: 'hi', evidence: evidence('It says [[5]] but is rude. [[1]]') }, rubric)).toBe(
      0,
    );
    expect(judge(judgeScorer, { output: 'hi', evidence: evidence('Hm.') }, rubric)).toMatchObject({
      state: 'unscored',
    });
    expect(judge(judgeScorer, { output: 'hi', evidence: evidence('[[9]]') }, rubric)).toMatchObject({
      state: 'unscored',
    });
    expect(scoreOf(judgeScorer, { output: ' ' }, rubric)).toBe(0);
  });

  test('is asked twice about a pair, and a change of sides with the places is a tie', () => {
    const options = { ...rubric, mode: 'pairwise' };
    const input = { output: 'mine', target: 'theirs', fields: { question: 'Q?' } };
    const request = judgeScorer.request!({ ...input }, judgeScorer.options.parse(options));
    const texts = request.effect === 'judge' ? request.prompts.map(({ messages }) => messages[1]!.content) : [];
    expect(texts).toEqual([
      'Question:\nQ?\n\nAnswer A:\nmine\n\nAnswer B:\ntheirs',
      'Question:\nQ?\n\nAnswer A:\ntheirs\n\nAnswer B:\nmine',
    ]);
    const value = (...answers: string[]) => scoreOf(judgeScorer, { ...input, evidence: evidence(...answers) }, options);
    expect(value('[[A]]', '[[B]]')).toBe(1);
    expect(value('[[B]]', '[[A]]')).toBe(0);
    expect(value('[[A]]', '[[A]]')).toBe(0.5);
    expect(value('[[C]]', '[[C]]')).toBe(0.5);
  });

  test('is compared with people, where the rows have their verdicts', () => {
    const settings = judgeScorer.options.parse(rubric);
    const aggregate = judgeScorer.aggregate!(settings);
    for (const [mark, human] of [
      [5, true],
      [4, true],
      [1, false],
      [5, false],
    ] as const) {
      const input: ScoreInput = { output: 'x', target: null, fields: { human }, evidence: evidence(`[[${mark}]]`) };
      aggregate.add({ input, score: judgeScorer.score(input, settings) });
    }
    expect(aggregate.metrics()).toEqual({ agreement: { value: 0.75 }, kappa: { value: 0.5 } });
    expect(judgeScorer.aggregate!(settings).metrics().kappa).toHaveProperty('missing');
  });
});
