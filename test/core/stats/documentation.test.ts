import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as omission from '../../../src/core/load/coordinated-omission.js';
import * as stopping from '../../../src/core/load/early-stopping.js';
import * as stats from '../../../src/core/stats/index.js';

const statistics = { ...stats, ...omission, ...stopping };

const page = readFileSync(new URL('../../../docs/statistics.md', import.meta.url), 'utf8');

/** Small tools that need no line on the page. */
const undocumented = [
  'mean',
  'sum',
  'variance',
  'standardDeviation',
  'sorted',
  'median',
  'midRanks',
  'tableSize',
  'correlation',
  'acceleration',
];

describe('the page on statistics', () => {
  it('names only functions that exist', () => {
    const named = [...page.matchAll(/`([a-z][A-Za-z]*[A-Z][A-Za-z]*)`/g)].map((match) => match[1]!);
    const fields = ['standardError', 'itemsToDecide', 'populationSize', 'designEffect'];
    const unknown = named.filter((name) => !(name in statistics) && !fields.includes(name));
    expect(unknown).toEqual([]);
    expect(named.length).toBeGreaterThan(60);
  });

  it('has a place for every function that is exported', () => {
    const forgotten = Object.keys(statistics).filter(
      (name) => !page.includes(`\`${name}`) && !undocumented.includes(name),
    );
    expect(forgotten).toEqual([]);
  });

  it('has a line on every method of an interval', () => {
    const source = readFileSync(new URL('../../../src/core/stats/estimate/estimate.ts', import.meta.url), 'utf8');
    const union = source.slice(
      source.indexOf('export type Method ='),
      source.indexOf('export interface EstimateOptions'),
    );
    const methods = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]!);
    expect(methods.length).toBeGreaterThan(10);
    expect(methods.filter((method) => !page.includes(`\`${method}\``))).toEqual([]);
  });
});
