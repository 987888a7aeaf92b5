import { describe, expect, test } from 'vitest';
import { bleu } from '../../../src/core/score/scorers/bleu.js';
import { chrf } from '../../../src/core/score/scorers/chrf.js';
import { judge, metricsOf, scoreOf } from './judge.js';

const corpus = [
  { output: "It's 3.5% of $1,000 — “wow”, isn't it?", target: 'It is 3.5% of $1,000 - "wow", is it not?' },
  { output: 'A dog-cat in 2-3 days.', target: 'A dog or cat in 2-3 days!' },
];

const valueIn = (metrics: ReturnType<typeof metricsOf>, name: string) => (metrics[name] as { value: number }).value;

// What sacreBLEU 2.6.0 gives, with its signatures.
describe('BLEU', () => {
  test.each<[object, number, string]>([
    [{}, 31.654199979887586, 'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0'],
    [{ tokenize: 'intl' }, 28.917849332325716, 'nrefs:1|case:mixed|eff:no|tok:intl|smooth:exp|version:2.6.0'],
    [{ tokenize: 'char' }, 61.98943434496179, 'nrefs:1|case:mixed|eff:no|tok:char|smooth:exp|version:2.6.0'],
    [{ tokenize: 'zh' }, 32.37234780847805, 'nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp|version:2.6.0'],
    [
      { tokenize: 'none', smooth: 'floor' },
      8.740170568803798,
      'nrefs:1|case:mixed|eff:no|tok:none|smooth:floor[0.10]|version:2.6.0',
    ],
    [
      { smooth: 'add-k', smoothValue: 2, lowercase: true },
      36.40749964254424,
      'nrefs:1|case:lc|eff:no|tok:13a|smooth:add-k[2.00]|version:2.6.0',
    ],
  ])('of a corpus with %j', (options, expected, signature) => {
    expect(valueIn(metricsOf(bleu, corpus, options), 'bleu')).toBeCloseTo(expected, 10);
    expect(judge(bleu, corpus[0]!, options)).toMatchObject({ details: { signature } });
  });

  test('of a sentence has effective order', () => {
    expect(scoreOf(bleu, { output: 'short one', target: 'short two' })).toBeCloseTo(0.49999999999999994, 12);
  });

  test('takes a byte-order mark for a letter, as Python does', () => {
    const sentence = { output: 'Ａ \ufeff -', target: ['Ａ \ufeff ', 'Ａ \ufeff'] };
    expect(scoreOf(bleu, sentence, { smooth: 'floor' })).toBeCloseTo(0.3218297948685434, 12);
  });

  test('of Chinese', () => {
    const metrics = metricsOf(bleu, [{ output: '你好,世界 hello', target: '你好世界 hello' }], { tokenize: 'zh' });
    expect(valueIn(metrics, 'bleu')).toBeCloseTo(37.99178428257963, 10);
  });

  test('of nothing is 0, and of no outputs is missing', () => {
    expect(valueIn(metricsOf(bleu, [{ output: '', target: 'a' }]), 'bleu')).toBe(0);
    expect(metricsOf(bleu, []).bleu).toHaveProperty('missing');
  });
});

describe('chrF', () => {
  test.each<[object, number, string]>([
    [{}, 55.678793627895764, 'nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0'],
    [{ wordOrder: 2 }, 52.78770766294472, 'nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0'],
    [
      { wordOrder: 2, lowercase: true, whitespace: true, beta: 1 },
      56.47320922591032,
      'nrefs:1|case:lc|eff:yes|nc:6|nw:2|space:yes|version:2.6.0',
    ],
    [{ epsilonSmoothing: true }, 55.67876807933257, 'nrefs:1|case:mixed|eff:no|nc:6|nw:0|space:no|version:2.6.0'],
  ])('of a corpus with %j', (options, expected, signature) => {
    expect(valueIn(metricsOf(chrf, corpus, options), 'chrf')).toBeCloseTo(expected, 10);
    expect(judge(chrf, corpus[0]!, options)).toMatchObject({ details: { signature } });
  });

  test('of several references takes the best', () => {
    expect(scoreOf(chrf, { output: 'ab', target: ['xy', 'ab'] })).toBe(1);
  });
});
