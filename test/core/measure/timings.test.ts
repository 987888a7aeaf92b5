import { describe, expect, test } from 'vitest';
import type { Completed, Timing, TokenCount } from '../../../src/core/measure/measurement.js';
import { DISTRIBUTED, METRICS } from '../../../src/core/measure/metrics.js';
import { tokenGaps } from '../../../src/core/measure/timings.js';
import { isMissing, known, missing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';

const counted = (value: number): TokenCount => ({ value, source: 'engine' });
const UNCOUNTED: TokenCount = { missing: 'the server counts no tokens', source: 'none' };

function completed(
  timing: Partial<Timing> & Pick<Timing, 'pieces'>,
  outputTokens: TokenCount = counted(timing.pieces.length),
  promptTokens: TokenCount = counted(100),
): Completed {
  return {
    state: 'completed',
    output: 'text',
    finish: 'stop',
    promptTokens,
    outputTokens,
    timing: { sent: 0, end: timing.pieces.at(-1) ?? 1, ...timing },
    logprobs: missing('not needed here'),
  };
}

function timingsOf(measured: Completed) {
  return {
    ttft: METRICS.ttft.compute(measured),
    tpot: METRICS.tpot.compute(measured),
    e2e: METRICS.e2e.compute(measured),
    prefillRate: METRICS.prefillRate.compute(measured),
    decodeRate: METRICS.decodeRate.compute(measured),
  };
}

describe('a stream of single tokens', () => {
  const timings = timingsOf(completed({ pieces: [0.5, 0.75, 1, 1.5] }));

  test('TTFT is when the first came, counted from the moment the request was due', () => {
    expect(timings.ttft).toEqual(known(0.5));
    expect(timingsOf(completed({ sent: 0.2, pieces: [0.5, 0.6] })).ttft).toEqual(known(0.5));
  });
  test('e2e is when the last came, not when the stream was closed', () => {
    expect(timings.e2e).toEqual(known(1.5));
    expect(timingsOf(completed({ pieces: [0.5, 1.5], end: 9 })).e2e).toEqual(known(1.5));
  });
  test('ITL is the median of the gaps between tokens', () => {
    const measured = completed({ pieces: [0.5, 0.75, 1, 1.5] });
    expect(tokenGaps(measured)).toEqual([0.25, 0.25, 0.5]);
    expect(METRICS.itl.compute(measured)).toEqual(known(0.25));
  });
  test('TPOT is (e2e - ttft) / (n - 1)', () => expect(timings.tpot).toEqual(known(1 / 3)));
  test('the decode rate is (n - 1) / (last - first)', () => expect(timings.decodeRate).toEqual(known(3)));
  test('the prefill rate is prompt tokens over TTFT', () => expect(timings.prefillRate).toEqual(known(200)));
});

describe('pieces that hold several tokens', () => {
  test('the first piece is paid for by TTFT, and only the rest by the time after it', () => {
    const timings = timingsOf(completed({ pieces: [1, 2, 3], tokensPerPiece: [4, 3, 3] }, counted(10)));
    expect(timings.decodeRate).toEqual(known(3));
    expect(timings.tpot).toEqual(known(2 / 6));
  });

  test('their gaps are not gaps of tokens', () => {
    for (const tokensPerPiece of [[2, 2], 'unknown' as const]) {
      const measured = completed({ pieces: [1, 2], tokensPerPiece }, counted(4));
      expect(tokenGaps(measured)).toEqual([]);
      expect(METRICS.itl.compute(measured)).toEqual(
        missing('the pieces of the answers hold several tokens, or the server does not tell how many'),
      );
    }
  });

  test('as many tokens as pieces are one each, though the server does not tell', () => {
    const measured = completed({ pieces: [1, 2, 4], tokensPerPiece: 'unknown' }, counted(3));
    expect(tokenGaps(measured)).toEqual([1, 2]);
    expect(METRICS.itl.compute(measured)).toEqual(known(1.5));
  });

  test.each([2, 4, null])('but not where it counts %s of three pieces', (tokens) => {
    const count = tokens === null ? UNCOUNTED : counted(tokens);
    expect(tokenGaps(completed({ pieces: [1, 2, 4], tokensPerPiece: 'unknown' }, count))).toEqual([]);
  });

  test('where only the server knows how many there were, and there are few pieces, there is no rate', () => {
    const timings = timingsOf(completed({ pieces: [1, 3], tokensPerPiece: 'unknown' }, counted(9)));
    const reason = missing('the server sent 9 tokens in 2 pieces, and does not tell how many each piece held');
    expect(timings).toMatchObject({ decodeRate: reason, tpot: reason, ttft: known(1), e2e: known(3) });
  });

  test('where there are many, the first one is taken for one of their mean length', () => {
    const pieces = Array.from({ length: 11 }, (_, i) => 1 + i);
    const timings = timingsOf(completed({ pieces, tokensPerPiece: 'unknown' }, counted(44)));
    expect(timings.decodeRate).toEqual(known(4));
  });

  test('as many tokens as pieces, or the one more that ended the answer, are a token each', () => {
    for (const tokens of [3, 4]) {
      const timings = timingsOf(completed({ pieces: [1, 2, 3], tokensPerPiece: 'unknown' }, counted(tokens)));
      expect(timings.decodeRate).toEqual(known((tokens - 1) / 2));
    }
  });

  test('an answer that came at once has no rate and no time per token: it is unknown, not zero', () => {
    const reason = missing('all tokens arrived at the same instant');
    for (const timing of [
      { pieces: [1], tokensPerPiece: [5] },
      { pieces: [1, 1], tokensPerPiece: [2, 3] },
    ]) {
      expect(timingsOf(completed(timing, counted(5)))).toMatchObject({
        ttft: known(1),
        tpot: reason,
        decodeRate: reason,
      });
    }
  });
});

describe('what is missing stays missing, with its reason', () => {
  test('an answer of one token has TTFT and e2e, but nothing per token', () => {
    const reason = missing('fewer than two output tokens');
    expect(timingsOf(completed({ pieces: [0.5] }))).toEqual({
      ttft: known(0.5),
      e2e: known(0.5),
      tpot: reason,
      decodeRate: reason,
      prefillRate: known(200),
    });
  });

  test('a silent model has no timings at all', () => {
    const timings = timingsOf(completed({ pieces: [] }, counted(0)));
    for (const timing of Object.values(timings)) expect(timing).toEqual(missing('the model produced no output'));
  });

  test('without a count of output tokens there are no rates of them, and the reason is the counter’s', () => {
    const timings = timingsOf(completed({ pieces: [0.5, 1] }, UNCOUNTED));
    expect(timings.decodeRate).toEqual(missing('the server counts no tokens'));
    expect(timings.tpot).toEqual(missing('the server counts no tokens'));
    expect(timings.ttft).toEqual(known(0.5));
  });

  test('without a count of prompt tokens there is no prefill rate', () => {
    const timings = timingsOf(completed({ pieces: [0.5, 1] }, counted(2), UNCOUNTED));
    expect(timings.prefillRate).toEqual(missing('the server counts no tokens'));
  });

  test('a first token that took no time gives no infinite rate', () => {
    expect(timingsOf(completed({ pieces: [0, 1] })).prefillRate).toEqual(missing('the first token took no time'));
  });
});

test('no stream, however odd, yields a number that is not one', () => {
  const random = createRandom(7, 'timings');
  const upTo = (n: number) => random.below(n + 1);
  for (let round = 0; round < 2000; round++) {
    let time = 0;
    const pieces = Array.from({ length: upTo(4) }, () => (time += upTo(2) / 2));
    const sizes = pieces.map(() => upTo(3));
    const tokensPerPiece = [undefined, 'unknown' as const, sizes][upTo(2)];
    const count = [counted(pieces.length), counted(upTo(6)), UNCOUNTED][upTo(2)]!;
    const timing = { pieces, ...(tokensPerPiece !== undefined && { tokensPerPiece }) };
    const measured = completed(timing, count, [counted(upTo(3)), UNCOUNTED][upTo(1)]);
    for (const metric of DISTRIBUTED) {
      const quantity = METRICS[metric].compute(measured, { input: upTo(3), output: upTo(3) });
      if (!isMissing(quantity)) expect(Number.isFinite(quantity.value) && quantity.value >= 0).toBe(true);
    }
  }
});

test('a number that is not one cannot be made a quantity', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(() => known(value)).toThrow(RangeError);
});

describe('tokens that were counted and did not come in the time that was measured', () => {
  const pieces = [1, 2, 3, 4, 5];
  const speeds = (more: Partial<Completed>) => timingsOf({ ...completed({ pieces }, counted(405)), ...more });

  test('hidden reasoning is in no rate of what was seen', () => {
    const timings = speeds({ unseenTokens: known(400) });
    expect(timings).toMatchObject({ decodeRate: known(1), tpot: known(1), ttft: known(1) });
  });

  test('the prompt was not read alone in the time in which a model reasons unseen', () => {
    const { prefillRate } = speeds({ unseenTokens: known(400) });
    expect(prefillRate).toEqual(missing('the model produced hidden reasoning before its first token'));
  });

  test('where nobody says how many were hidden there is no rate', () => {
    const reason = missing('a summary of its reasoning');
    expect(speeds({ unseenTokens: reason })).toMatchObject({ decodeRate: reason, tpot: reason });
  });

  test('prompt tokens of a cache were not read', () => {
    expect(timingsOf({ ...completed({ pieces }), cachedTokens: 90 }).prefillRate).toEqual(known(10));
    const reason = missing('the whole prompt came from a cache');
    expect(timingsOf({ ...completed({ pieces }), cachedTokens: 100 }).prefillRate).toEqual(reason);
  });
});
