/** What a gate says of a size, a level, a number of samples: with that very thing changed, it says what the sentence let expect. */
import { describe, expect, it } from 'vitest';
import type { ChangeGateResult } from '../../../src/core/regress/gate-report.js';
import { describeGate, describePower } from '../../../src/core/report/gate-words.js';
import { comparedOf, judge, ORDER, versionFrom, withSamples } from './support.js';

const base = versionFrom();
/** Loses so many of the samples that the base answers rightly. */
const losing = (losses: number, from = base) => {
  const right = from.tasks[0]!.samples.flatMap(({ score }, i) => (score === 1 ? [i] : []));
  const lost = new Set(right.slice(0, losses));
  return withSamples(from, (sample, i) => (lost.has(i) ? { ...sample, score: 0 } : sample));
};

function qualityOf(candidate: typeof base, { by, alpha = 0.05 }: { by: number; alpha?: number }, strict = false) {
  const burden = strict ? 'shown not worse' : 'shown worse';
  const [result] = judge(comparedOf(base, candidate), { alpha, quality: { by } }, burden).results;
  const change = result as ChangeGateResult;
  return { ...change, says: describeGate(change, burden) };
}

describe('a gate that says why', () => {
  const candidate = losing(12);
  const { value } = qualityOf(candidate, { by: 0.03 }).change;

  it('that a loss is at least so much: with a larger one asked for, it is not', () => {
    const at = qualityOf(candidate, { by: -value });
    expect(at.says).toMatch(/^quality: red, because a loss is shown .+, and it is at least 5\.0 points\./);
    const above = qualityOf(candidate, { by: -value + 0.001 });
    expect(above.says).toMatch(/^quality: green, because the loss that was seen is not at least 5\.1 points, though/);
  });

  it('that a loss is not shown at an error rate: at one above p it is, below p it is not', () => {
    const little = losing(3);
    const { p } = qualityOf(little, { by: 0.01 });
    expect(p).toBeGreaterThan(0.01);
    const above = qualityOf(little, { by: 0.01, alpha: p * 1.01 });
    expect(above.says).toContain(
      `a loss is shown beyond zero at an error rate of ${Number((p * 101).toPrecision(2))}%`,
    );
    expect(qualityOf(little, { by: 0.01, alpha: p * 0.99 }).says).toContain('a loss is not shown beyond zero');
  });

  it('and is strict: a loss is shown to be smaller than what lies beyond the interval, and than nothing less', () => {
    const { low } = qualityOf(candidate, { by: 0.1 }, true).change;
    expect(qualityOf(candidate, { by: -low + 0.001 }, true).says).toMatch(/^quality: green, .+ is shown to be smaller/);
    expect(qualityOf(candidate, { by: -low - 0.001 }, true).says).toMatch(/^quality: red, .+ not shown to be smaller/);
  });
});

describe('a gate that says what it sees', () => {
  const detect = 0.05;
  const stateOf = (samples: number) => {
    const before = versionFrom({ tasks: [{ name: 'route', samples }] });
    // The same share of answers differs, whatever the number of samples.
    const after = losing(Math.round(samples * 0.05), before);
    const gate = { quality: { by: 0.03, detect } };
    const [result] = judge(comparedOf(before, after), gate, 'shown worse', 'stated').results;
    const { power } = result as ChangeGateResult;
    if ('missing' in power) throw new Error('nothing was stated');
    return { power, says: describePower(result as ChangeGateResult, power) };
  };

  it('too seldom: with as many samples as it says it sees it, and with a tenth less it does not', () => {
    const { power, says } = stateOf(ORDER.tasks[0]!.samples / 2);
    const { needed, wanted } = power;
    if (needed === null || 'missing' in needed) throw new Error(`expected a number of samples: ${says}`);
    expect(says).toContain(`for 5.0 points takes ${needed.n} samples`);
    expect(stateOf(needed.n).power.power).toBeGreaterThan(wanted - 0.03);
    expect(stateOf(Math.floor(needed.n * 0.9)).power.power).toBeLessThan(wanted + 0.005);
  });
});
