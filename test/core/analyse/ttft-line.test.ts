/** TTFT as a function of the prompt's length, from logs whose times follow a known line. */
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { SampleInfo, SampleResult, TtftLine } from '../../../src/core/analyse/analysis.js';
import { ttftLineOf } from '../../../src/core/analyse/ttft-line.js';
import type { Completed, Outcome } from '../../../src/core/measure/measurement.js';
import { isMissing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { makeLog } from '../../support/log.js';

/** A prompt of `tokens` tokens whose first token comes after 5 ms and 0.1 ms for each of them, give or take a tenth of that. */
function promptOf(tokens: number, noise: number, outcome: Outcome): Outcome {
  const completed = outcome as Completed;
  const ttft = 0.005 + 0.0001 * tokens * (1 + 0.1 * noise);
  const shift = ttft - completed.timing.pieces[0]!;
  return {
    ...completed,
    promptTokens: { value: tokens, source: 'engine' },
    timing: {
      ...completed.timing,
      pieces: completed.timing.pieces.map((time) => time + shift),
      end: completed.timing.end + shift,
    },
  };
}

const numberOf = (sample: string) => Number(/\d+/.exec(sample)![0]);

function cellOf(outcome: (sample: string, outcome: Outcome) => Outcome) {
  const tasks = [{ name: 'route', samples: 60 }];
  const log = makeLog({ tasks, models: [{ id: 'slm', quality: 1, outcome }] });
  const [suite] = analyse(log).suites;
  return { cell: suite!.tasks[0]!.cells[0]!, overall: suite!.overall[0]! };
}

/** @param points Prompt tokens and TTFT in seconds. */
function lineThrough(points: readonly (readonly [tokens: number, ttft: number])[]): TtftLine {
  const line = ttftLineOf([
    {
      samples: points.map((_, i) => ({ id: `s${i}`, group: null }) as SampleInfo),
      results: points.map(([promptTokens, ttft]) => ({ timings: { ttft, promptTokens } }) as SampleResult),
      cachedTokens: 0,
      condition: { kind: 'closed', requests: 1 },
    },
  ]);
  if (isMissing(line)) throw new Error(line.missing);
  return line;
}

describe('TTFT by the length of the prompt', () => {
  test('is a fixed part and a rate, each with an interval that holds the true one', () => {
    const { cell, overall } = cellOf((sample, outcome) =>
      promptOf(20 + 7 * numberOf(sample), numberOf(sample) % 2 ? 1 : -1, outcome),
    );
    for (const line of [cell.ttftLine, overall.ttftLine]) {
      if (isMissing(line) || isMissing(line.rate) || isMissing(line.fixed)) throw new Error('expected a line');
      expect(line.fixed.low).toBeLessThan(0.005);
      expect(line.fixed.high).toBeGreaterThan(0.005);
      expect(line.rate.low).toBeLessThan(10_000);
      expect(line.rate.high).toBeGreaterThan(10_000);
      expect(line.rate.high / line.rate.low).toBeLessThan(1.2);
      expect([line.n, line.shortest.tokens, line.longest.tokens]).toEqual([60, 27, 440]);
    }
  });

  test('is missing where all prompts are of one length, or some were not read', () => {
    expect(cellOf((_, outcome) => promptOf(50, 0, outcome)).cell.ttftLine).toHaveProperty('missing');
    const cached = cellOf((sample, outcome) => ({
      ...(promptOf(20 + 7 * numberOf(sample), 0, outcome) as Completed),
      cachedTokens: 10,
    }));
    expect(cached.cell.ttftLine).toEqual({ missing: 'some prompts were not read whole' });
  });

  test('has no fixed time below zero: its bound is cut, and a line that falls below zero tells none', () => {
    const tokens = [120, 200, 300, 410, 500, 640];
    const lineOf = (fixed: number) =>
      lineThrough(tokens.map((count, i) => [count, fixed + 0.001 * count + (i % 2 ? 0.03 : -0.03)]));
    expect(lineOf(0.05).fixed).toMatchObject({ low: 0, value: expect.closeTo(0.05, 1) });
    expect(lineOf(-0.1).fixed).toHaveProperty('missing');
    expect(lineOf(-0.1).shortest.seconds).toBeCloseTo(0.02, 1);
  });

  test('has no rate where longer prompts did not take longer', () => {
    const { cell } = cellOf((sample, outcome) => {
      const tokens = 20 + 7 * numberOf(sample);
      return {
        ...(promptOf(50, numberOf(sample) % 2 ? 1 : -1, outcome) as Completed),
        promptTokens: { value: tokens, source: 'engine' },
      };
    });
    if (isMissing(cell.ttftLine)) throw new Error(cell.ttftLine.missing);
    expect(cell.ttftLine.rate).toHaveProperty('missing');
  });

  test('shows the steepest of forty flat lines to rise no more often than its level, also with few prompts that are long', () => {
    const random = createRandom(3);
    const lines = Array.from({ length: 4_000 }, () => {
      const tokens = Array.from({ length: 12 }, (_, i) => 40 + Math.round(400 * ((i * 0.618) % 1) ** 6));
      const line = lineThrough(tokens.map((count) => [count, 0.02 * (0.8 + 0.4 * random.uniform())]));
      if (isMissing(line.trend)) throw new Error('expected a trend');
      return line as typeof line & { trend: { tau: number; p: number } };
    });
    const families = Array.from({ length: 100 }, (_, i) => lines.slice(40 * i, 40 * i + 40));
    const share = (isShown: (line: (typeof lines)[number]) => boolean) =>
      families.filter((family) => family.some(isShown)).length / families.length;
    expect(share(({ trend }) => trend.tau > 0 && trend.p / 2 < 0.025 / 40)).toBeLessThanOrEqual(0.05);
    // The bound of the slope alone would call a flat line rising in most families.
    expect(share(({ rate }) => !isMissing(rate))).toBeGreaterThan(0.8);
  });
});
