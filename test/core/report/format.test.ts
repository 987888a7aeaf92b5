import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCell,
  formatCount,
  formatDollars,
  formatEstimate,
  formatParameters,
  formatPoints,
  formatRatio,
  formatScore,
  formatSeconds,
  list,
  plural,
} from '../../../src/core/report/format.js';

describe('numbers for people', () => {
  it('have no zero below zero, and no factor of nothing', () => {
    expect([formatScore(-0.0002), formatPoints(-0.0002)]).toEqual(['0.0%', '0.0']);
    expect(formatRatio(0.042)).toBe('0.0420×');
  });

  it.each([
    [0, '0 s'],
    [1.234e-6, '1.23 µs'],
    [0.0009996, '1.00 ms'],
    [0.0123, '12.3 ms'],
    [0.9996, '1.00 s'],
    [12.34, '12.3 s'],
    [300, '5.00 min'],
    [7200, '2.00 h'],
  ])('%d seconds are %s', (value, text) => expect(formatSeconds(value)).toBe(text));

  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '0.999 KiB'],
    [5 * 2 ** 20, '5.00 MiB'],
    [1.5 * 2 ** 30, '1.50 GiB'],
  ])('%d bytes are %s', (value, text) => expect(formatBytes(value)).toBe(text));

  it.each([
    [0, '0'],
    [7, '7'],
    [7.125, '7.13'],
    [999.6, '1,000'],
    [1234567, '1,234,567'],
    [0.00123456, '0.00123'],
  ])('a count of %d is %s', (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0.021, '+2.1'],
    [-0.021, '−2.1'],
    [-0.0001, '0.0'],
  ])('a difference of %d is %s points', (value, text) => expect(formatPoints(value)).toBe(text));

  it('says shares, prices, factors and parameters', () => {
    expect(formatScore(0.9125)).toBe('91.3%');
    expect([formatDollars(0), formatDollars(0.00216), formatDollars(3.5), formatDollars(12345)]).toEqual([
      '$0',
      '$0.00216',
      '$3.50',
      '$12,345',
    ]);
    expect([formatRatio(0.31), formatRatio(3.44), formatRatio(34.4), formatRatio(3440)]).toEqual([
      '0.3×',
      '3.4×',
      '34×',
      '3,440×',
    ]);
    expect([formatParameters(750e3), formatParameters(2.7e6), formatParameters(3.8e9)]).toEqual([
      '750 K',
      '2.70 M',
      '3.80 B',
    ]);
  });

  it('says a shared unit once, and different units each', () => {
    expect(formatEstimate({ value: 0.0202, low: 0.0196, high: 0.0209 }, 'seconds')).toBe('20.2 ms [19.6, 20.9]');
    expect(formatEstimate({ value: 0.9, low: 0.8, high: 1.2 }, 'seconds')).toBe('900 ms [800, 1,200]');
    expect(formatEstimate({ value: 1.21, low: 0.1012, high: 6 }, 'seconds')).toBe('1.21 s [0.101, 6.00]');
    expect(formatEstimate({ value: 0.25, low: 0.103, high: 165 }, 'seconds')).toBe('0.250 s [0.103, 165]');
    expect(formatEstimate({ value: 0, low: 0, high: 0.012 }, 'seconds')).toBe('0 ms [0, 12.0]');
    expect(formatEstimate({ value: 2 ** 30, low: 2 ** 29, high: 2 ** 31 }, 'bytes')).toBe('1.00 GiB [0.500, 2.00]');
    expect(formatEstimate({ value: 0.5, low: -0.02, high: 1.5 }, 'dollars')).toBe('$0.500 [$−0.0200, $1.50]');
    expect(formatEstimate({ value: 0.913, low: 0.87, high: 0.944 }, 'score')).toBe('91.3% [87.0, 94.4]');
    expect(formatEstimate({ missing: 'not run' }, 'score')).toBe('–');
  });

  it('says that an interval is open above', () => {
    const open = { value: 3, low: 2, high: Number.POSITIVE_INFINITY };
    expect(formatEstimate(open, 'count')).toBe('3 [2, no bound]');
  });

  it('says that a model may fit, with the share of the memory', () => {
    const cell = { kind: 'fit', verdict: 'may fit', needed: 9e8, share: 0.97, rate: null } as const;
    expect(formatCell(cell)).toBe('may fit, 97%');
    expect(formatCell({ ...cell, verdict: 'does not fit' })).toContain('does not fit: ');
  });

  it('joins words as people do', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect([plural(1, 'sample'), plural(2000, 'sample')]).toEqual(['1 sample', '2,000 samples']);
  });
});
