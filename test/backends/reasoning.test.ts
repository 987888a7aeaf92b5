import { describe, expect, test } from 'vitest';
import { cutReasoning, withoutReasoning } from '../../src/backends/reasoning.js';
import type { Completed } from '../../src/core/measure/measurement.js';

const THINK = { begin: '<think>', end: '</think>' };

describe('what a model thinks is cut out of its answer', () => {
  test.each([
    ['between its marks', '<think>\nhm\n</think>\n\nBerlin', 'Berlin'],
    ['where the prompt held the first mark', 'hm, well</think>Berlin', 'Berlin'],
    ['several times', 'A<think>x</think> B<think>y</think> C', 'A B C'],
    ['where it never ends', 'Well: <think>and so on', 'Well:'],
    ['where it is all there is', '<think>and so on', ''],
    ['and what has none stays', 'Berlin', 'Berlin'],
    ['and a mark inside a thought is thought', '<think>a <think> b</think>c', 'c'],
  ])('%s', (_, text, answer) => {
    expect(cutReasoning(text, THINK)).toBe(answer);
  });

  test('with marks of any text', () => {
    expect(cutReasoning('[THINK]a[/THINK]b', { begin: '[THINK]', end: '[/THINK]' })).toBe('b');
  });

  test('and its times stay those of all that was said', () => {
    const outcome = { state: 'completed', output: 'a</think>b', timing: { pieces: [1, 2] } } as unknown as Completed;
    expect(withoutReasoning(outcome, THINK)).toEqual({ ...outcome, output: 'b' });
    expect(withoutReasoning(outcome, undefined)).toBe(outcome);
  });
});
