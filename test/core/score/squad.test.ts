import { expect, test } from 'vitest';
import { squad } from '../../../src/core/score/scorers/squad.js';
import { judge, metricsOf, scoreOf } from './judge.js';

test('punctuation, articles, case and surplus blanks do not count', () => {
  expect(scoreOf(squad, { output: ' The  Denver Broncos! ', target: ['Denver Broncos'] }, { value: 'exact' })).toBe(1);
  expect(scoreOf(squad, { output: 'a theatre', target: 'theatre' }, { value: 'exact' })).toBe(1);
});

test('an article is a whole word, also beside letters beyond ASCII', () => {
  expect(judge(squad, { output: 'à la carte, éa', target: 'x' })).toMatchObject({ answer: 'à la carte éa' });
});

test('F1 is over bags of words, of the best gold answer', () => {
  const score = judge(squad, { output: 'in late October 1973', target: ['1973', 'October 1973'] });
  expect(score).toMatchObject({ value: 2 / 3, details: { exact: 0, f1: 2 / 3 } });
});

test('version 2.0 rewards silence where there is no answer, and only there', () => {
  expect(scoreOf(squad, { output: '', target: [] })).toBe(1);
  expect(scoreOf(squad, { output: 'Paris', target: { text: [], answer_start: [] } })).toBe(0);
  expect(scoreOf(squad, { output: '', target: [{ text: 'Paris' }] })).toBe(0);
  expect(scoreOf(squad, { output: 'Unanswerable.', target: [] }, { noAnswer: 'unanswerable' })).toBe(1);
});

test('a text that is nothing but articles is empty in 2.0 and shares no word in 1.1', () => {
  expect(scoreOf(squad, { output: '', target: ['the'] }, { version: '2.0' })).toBe(1);
  expect(scoreOf(squad, { output: '', target: ['the'] }, { version: '1.1' })).toBe(0);
});

test('a cell tells questions with and without an answer apart', () => {
  const metrics = metricsOf(squad, [
    { output: 'Paris', target: ['Paris'] },
    { output: 'old Paris', target: ['Paris'] },
    { output: 'Rome', target: [] },
  ]);
  expect(metrics).toEqual({
    exact: { value: 1 / 3 },
    f1: { value: (1 + 2 / 3) / 3 },
    hasAnsExact: { value: 1 / 2 },
    hasAnsF1: { value: (1 + 2 / 3) / 2 },
    noAnsExact: { value: 0 },
    noAnsF1: { value: 0 },
  });
  expect(metricsOf(squad, [{ output: 'x', target: ['x'] }]).noAnsF1).toHaveProperty('missing');
});
