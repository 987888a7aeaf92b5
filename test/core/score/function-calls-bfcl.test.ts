/** Made-up answers, judged here and by BFCL: parity/reference/bfcl.py wrote what its decoder and its checker said of them. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { functionCalls } from '../../../src/core/score/scorers/function-calls.js';
import { scoreOf } from './judge.js';

type Case = readonly [
  functions: number[],
  target: unknown,
  kind: 'python' | 'json',
  output: string,
  right: 0 | 1,
  none: 0 | 1,
];

const file = new URL('../../fixtures/reference/bfcl.json.gz', import.meta.url);
const { functions, cases } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
  functions: readonly unknown[];
  cases: readonly Case[];
};

const fieldsOf = (chosen: readonly number[]) => ({ function: chosen.map((index) => functions[index]) });

test('the calls of 4,000 answers are judged as BFCL judges them', () => {
  const different = cases.filter(([chosen, target, kind, output, right]) => {
    const options = { read: kind === 'python' ? 'bfcl' : 'any' };
    return scoreOf(functionCalls, { output, target, fields: fieldsOf(chosen) }, options) !== right;
  });
  expect(different.map(([, target, , output, right]) => ({ output, right, target }))).toEqual([]);
});

test('no call is what BFCL takes for none', () => {
  const python = cases.filter(([, , kind]) => kind === 'python');
  const different = python.filter(
    ([chosen, , , output, , none]) =>
      scoreOf(functionCalls, { output, target: [], fields: fieldsOf(chosen) }, { read: 'bfcl' }) !== none,
  );
  expect(different.map(([, , , output, , none]) => ({ output, none }))).toEqual([]);
});

test('what BFCL finds right is right in any format, but for +5, which BFCL takes for -5', () => {
  const lost = cases.filter(
    ([chosen, target, , output, right]) =>
      right === 1 &&
      !output.includes('+') &&
      scoreOf(functionCalls, { output, target, fields: fieldsOf(chosen) }) !== 1,
  );
  expect(lost.map(([, , , output]) => output)).toEqual([]);
});
