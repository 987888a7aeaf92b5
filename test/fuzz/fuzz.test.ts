/** What the fuzzing looks for it must find, and a case must be the same each time. */
import { describe, expect, test } from 'vitest';
import { faultsIn } from '../../fuzz/faults.js';
import { ENCODED } from '../../fuzz/keys.js';
import { mutateBytes, mutateText, mutateValue } from '../../fuzz/mutate.js';
import { createRandom } from '../../src/core/stats/basics/random.js';

describe('an output', () => {
  test.each([
    ['a stack trace', 'TypeError: x\n    at read (file:///a.js:3:14)\n'],
    ['a fault of ours', 'rightsize: unexpected: x is undefined (a fault of rightsize)'],
    ['a crash of the engine of the language', 'FATAL ERROR: Reached heap limit'],
    ['an object without words', 'expected a name, found [object Object]'],
    ['a character that steers a terminal', 'found "\u202eevil"'],
    ...Object.entries(ENCODED).map(([name, encoded]) => [`the key is shown (${name})`, `no such key: ${encoded}`]),
  ])('with %s has a fault', (fault, output) => {
    expect(faultsIn(output!).some((found) => found.startsWith(fault!))).toBe(true);
  });

  test('that is a sentence has none', () => {
    expect(
      faultsIn('rightsize: suite.yaml:7: tasks[0].scorer: expected one of exact, found "exakt"; see docs\n'),
    ).toEqual([]);
  });
});

test('a case depends on its seed alone, and does not change what it is made of', () => {
  const value = { a: [1, { b: 'two' }], c: null };
  const before = JSON.stringify(value);
  const make = (seed: number) => {
    const random = createRandom(seed, 'a case');
    const changed = JSON.stringify(mutateValue(value, random));
    return [changed, mutateText('a text of some words', random), mutateBytes(Buffer.from('GGUF some bytes'), random)];
  };
  expect(make(1)).toEqual(make(1));
  expect(JSON.stringify(value)).toBe(before);
  expect(new Set(Array.from({ length: 20 }, (_, seed) => String(make(seed)))).size).toBe(20);
});
