import { expect, test } from 'vitest';
import { PythonRandom } from '../../../parity/python-random.js';
import { perplexity } from '../../../src/core/score/scorers/perplexity.js';
import { judge, metricsOf, scoreOf } from './judge.js';

const word = (conditional: number, greedy: boolean) => ({
  output: '',
  target: null,
  fields: { choices: ['né bé'] },
  evidence: { effect: 'loglikelihoods', conditional: [conditional], tokens: [2], greedy: [greedy] } as const,
});

test('a text is right when every token is the most likely one, or as likely as its bytes are', () => {
  expect(scoreOf(perplexity, word(-7, true), { value: 'greedy' })).toBe(1);
  expect(scoreOf(perplexity, word(-7, false), { value: 'greedy' })).toBe(0);
  // Seven bytes, each with the probability 1/e.
  expect(scoreOf(perplexity, word(-7, false))).toBeCloseTo(Math.exp(-1), 12);
});

test('a cell has the perplexity per sample, word, byte and token over all its texts', () => {
  const metrics = metricsOf(perplexity, [word(-7, true), word(-21, false)]);
  const value = (name: string) => (metrics[name] as { value: number }).value;
  expect(value('perplexity')).toBeCloseTo(Math.exp(14), 3);
  expect(value('wordPerplexity')).toBeCloseTo(Math.exp(7), 6);
  expect(value('bytePerplexity')).toBeCloseTo(Math.exp(2), 10);
  expect(value('tokenPerplexity')).toBeCloseTo(Math.exp(7), 6);
  expect(value('bitsPerByte')).toBeCloseTo(2 / Math.LN2, 12);
  expect(value('greedy')).toBe(0.5);
});

// `len(re.split(r"\s+", text))` of Python, as lm-evaluation-harness counts them.
test('words are parted by what Python takes for white space, and an end of it counts', () => {
  const text = { ...word(-7, true), fields: { choices: [' a\u0085b\ufeffc\u2003 d\n'] } };
  expect(judge(perplexity, text)).toMatchObject({ details: { words: 5 } });
});

test('the seeded fake model of lm-evaluation-harness has the perplexity on LAMBADA that was published', () => {
  const random = new PythonRandom(42);
  // Each word was asked for twice, and the first answer taken.
  const draws = Array.from({ length: 2 * 5153 }, () => random.random());
  const inputs = draws.filter((_, i) => i % 2 === 0).map((draw) => word(-draw, false));
  expect(metricsOf(perplexity, inputs).perplexity).toEqual({ value: 1.6479047769869253 });
});

test('an engine that does not say which tokens it would take leaves that unscored', () => {
  const { evidence, ...input } = word(-7, true);
  const { greedy: _, ...without } = evidence;
  expect(judge(perplexity, { ...input, evidence: without }, { value: 'greedy' }).state).toBe('unscored');
  expect(judge(perplexity, input).state).toBe('unscored');
});
