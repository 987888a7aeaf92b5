/** What became of a request, as the analysis of a step takes it. */
import { describe, expect, test } from 'vitest';
import { MOST_GAPS, RecordedRequests, type Span } from '../../../src/core/load/recorded.js';
import type { MeasurementRecord } from '../../../src/core/log/log.js';
import type { Completed, Failed } from '../../../src/core/measure/measurement.js';

const record = (outcome: MeasurementRecord['outcome']): MeasurementRecord => ({
  type: 'measurement',
  trial: 't',
  suite: 'desk',
  task: 'route',
  sample: 'r-1',
  model: 'small',
  repetition: 1,
  session: 's',
  step: 'small/1',
  due: 12,
  at: 15,
  outcome,
});
const failed = (kind: Failed['kind'], more: Partial<Failed> = {}) =>
  record({ state: 'failed', by: 'harness', kind, reason: 'x', output: '', ...more });
const requestOf = (record: MeasurementRecord, span: Span) => {
  const recorded = new RecordedRequests({ gaps: 'kept' });
  return recorded.at(recorded.add(record), span);
};
const STEP = { began: 10, ended: 20, ending: 'answered' } as const;

describe('a request that failed', () => {
  test.each([
    ['timeout', 'timed-out'],
    ['server', 'failed'],
    ['connection', 'failed'],
    ['rate-limit', 'failed'],
    ['prompt-too-long', 'failed'],
    ['client', 'cut'],
    ['cut', 'cut'],
    ['unsent', 'unsent'],
  ] as const)('%s is %s', (kind, outcome) => {
    expect(requestOf(failed(kind), STEP)).toMatchObject({ due: 2, outcome, task: 'desk/route', sample: 'r-1' });
  });

  test('keeps the time of its sending and of its first token', () => {
    expect(requestOf(failed('server', { sent: 0.5, first: 1 }), STEP)).toMatchObject({ sent: 2.5, first: 3, end: 5 });
  });

  test('is as late as the step was long, where it was never sent', () => {
    expect(requestOf(failed('unsent'), STEP)).toMatchObject({ due: 2, sent: 10, end: 10 });
  });

  test('is censored where the step was cut because its requests waited too long', () => {
    expect(requestOf(failed('cut'), { ...STEP, ending: 'overloaded' })).toMatchObject({
      outcome: 'timed-out',
      end: 5,
      cutWithStep: true,
    });
    expect(requestOf(failed('timeout'), { ...STEP, ending: 'overloaded' })).toMatchObject({
      outcome: 'timed-out',
      cutWithStep: false,
    });
  });
});

test('an answer has its times since the step began, and the gaps between its pieces', () => {
  const answered = record({
    state: 'completed',
    output: 'ok',
    finish: 'stop',
    promptTokens: { value: 9, source: 'server' },
    outputTokens: { value: 3, source: 'server' },
    cachedTokens: 4,
    timing: { sent: 0.01, pieces: [0.5, 1, 2], tokensPerPiece: 'unknown', firstAnswer: 1, end: 2.5 },
    logprobs: { missing: 'not asked for' },
  });
  const recorded = new RecordedRequests({ gaps: 'kept' });
  recorded.score(recorded.add(answered), 0.5);
  expect(recorded.requests(STEP)).toMatchObject([
    {
      task: 'desk/route',
      sample: 'r-1',
      session: undefined,
      due: 2,
      released: undefined,
      sent: 2.01,
      first: 2.5,
      firstAnswer: 3,
      last: 4,
      end: 4.5,
      gaps: { between: 'pieces', seconds: [0.5, 1] },
      promptTokens: { value: 9 },
      outputTokens: { value: 3 },
      tokensAfterFirst: { value: 2 },
      cachedTokens: 4,
      outcome: 'completed',
      score: 0.5,
    },
  ]);
});

const answer = (more: Partial<Completed>) =>
  record({
    state: 'completed',
    output: 'ok',
    finish: 'stop',
    promptTokens: { value: 9, source: 'server' },
    outputTokens: { value: 3, source: 'server' },
    timing: { sent: 0, pieces: [1, 2], end: 2 },
    logprobs: { missing: 'not asked for' },
    ...more,
  });

test('a first answer that never came, or that its text does not tell, is kept as such', () => {
  const firstOf = (firstAnswer: 'never' | 'unknown' | number) =>
    requestOf(answer({ timing: { sent: 0, pieces: [1, 2], firstAnswer, end: 2 } }), STEP).firstAnswer;
  expect(firstOf('never')).toBe('never');
  expect(firstOf('unknown')).toBe('unknown');
  expect(firstOf(1.5)).toBeTypeOf('number');
});

test('an answer of one token has no token after it, and one whose count and pieces contradict each other an unknown number', () => {
  const one = { outputTokens: { value: 1, source: 'server' } } as const;
  const after = (more: Partial<Completed>) => requestOf(answer(more), STEP).tokensAfterFirst;
  expect(after({ ...one, timing: { sent: 0, pieces: [1], end: 2 } })).toEqual({ value: 0 });
  expect(after({ timing: { sent: 0, pieces: [1], tokensPerPiece: [3], end: 2 } })).toEqual({ value: 0 });
  expect(after(one)).toHaveProperty('missing');
  expect(after({ timing: { sent: 0, pieces: [1], tokensPerPiece: 'unknown', end: 2 } })).toHaveProperty('missing');
});

test('a count that is missing keeps its reason, and one that is zero its number', () => {
  const uncounted = answer({
    promptTokens: { missing: 'the server does not count', source: 'none' },
    outputTokens: { value: 0, source: 'server' },
  });
  expect(requestOf(uncounted, STEP)).toMatchObject({
    promptTokens: { missing: 'the server does not count' },
    outputTokens: { value: 0 },
    cachedTokens: undefined,
    score: undefined,
  });
});

test('a request tells its machine where the step had several', () => {
  expect(requestOf(answer({}), { ...STEP, client: { machines: [] } }).session).toBe('s');
});

test('of more gaps than are kept, those of every second answer are, and then of every fourth', () => {
  const pieces = Array.from({ length: 1 + MOST_GAPS / 4 }, (_, i) => i);
  const long = answer({ timing: { sent: 0, pieces, end: pieces.length } });
  const recorded = new RecordedRequests({ gaps: 'kept' });
  for (let i = 0; i < 9; i++) recorded.add(long);
  const kept = recorded.requests(STEP).flatMap(({ gaps }, i) => (gaps === undefined ? [] : [i]));
  expect(kept).toEqual([0, 4, 8]);
});

test('gaps that nobody reads are not kept', () => {
  const recorded = new RecordedRequests({ gaps: 'dropped' });
  recorded.add(answer({}));
  expect(recorded.requests(STEP)).toMatchObject([{ gaps: undefined, last: 4 }]);
});
