import { expect, test } from 'vitest';
import { rouge } from '../../../src/core/score/scorers/rouge.js';
import { porterStem } from '../../../src/core/score/text/porter.js';
import { judge, metricsOf, scoreOf } from './judge.js';

// What rouge_score 0.1.2 gives.
test('agrees with rouge_score on texts of several lines, stemmed', () => {
  const score = judge(
    rouge,
    {
      output: 'A quick brown fox jumps\nover the dog that dies',
      target: 'The quick brown foxes\njumped over dying dogs',
    },
    { stem: true },
  );
  expect(score).toMatchObject({
    details: {
      rouge1: 0.888888888888889,
      rouge2: 0.5,
      rougeL: 0.6666666666666665,
      rougeLsum: 0.7777777777777777,
      'rougeLsum precision': 0.7,
      'rougeLsum recall': 0.875,
    },
  });
});

test('counts no word of a union of subsequences twice', () => {
  const input = { output: 'w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5', target: 'w1 w2 w3 w4 w5' };
  expect(judge(rouge, input)).toMatchObject({ details: { rougeLsum: 0.5333333333333333, rougeL: 0.5333333333333333 } });
});

test('of several references the one with the best F1 counts, for each measure apart', () => {
  const target = ['a b c', 'c b a'];
  expect(judge(rouge, { output: 'c b x', target })).toMatchObject({
    details: { rouge1: 2 / 3, rouge2: 0.5, rougeL: 2 / 3 },
  });
});

test('silence shares nothing, and a cell has the means', () => {
  expect(scoreOf(rouge, { output: '', target: 'a b' })).toBe(0);
  const metrics = metricsOf(rouge, [
    { output: 'a', target: 'a' },
    { output: 'b', target: 'a' },
  ]);
  expect(metrics.rouge1).toEqual({ value: 0.5 });
  expect(metricsOf(rouge, []).rougeL).toHaveProperty('missing');
});

// What nltk.stem.porter.PorterStemmer gives.
test('stems as NLTK does', () => {
  const words =
    'caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned falling hissing fizzed failing filing happy sky enjoy spied died flies dies relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize probate rate cease controll roll dying skies generally geology archaeology by yyyy syzygy';
  const stems =
    'caress poni tie caress cat feed agre plaster bled motor sing conflat troubl size hop tan fall hiss fizz fail file happi sky enjoy spi die fli die relat condit ration valenc hesit digit conform radic differ vile analog vietnam predic oper feudal decis hope callous formal sensit sensibl triplic form formal electr electr hope good reviv allow infer airlin gyroscop adjust defens irrit replac adjust depend adopt homolog commun activ angular homolog effect bowdler probat rate ceas control roll die sky gener geolog archaeolog by yyyi syzygi';
  expect(words.split(' ').map(porterStem).join(' ')).toBe(stems);
});
