/**
 * Searches shapes for the one with the most wrong verdicts. The worst of many looks worse than it is, so the few worst are drawn
 * again, with suites of their own.
 */
import type { Random } from '../src/core/stats/basics/random.js';
import type { Counts } from './observe.js';
import { randomScenario, type Scenario } from './scenarios.js';

export interface SearchOptions {
  readonly shapes: number;
  readonly random: Random;
  /** Suites of a shape, judged: some for the search, and others for the few worst. */
  readonly observe: (scenario: Scenario, purpose: 'search' | 'again') => Counts;
}

export interface Found {
  readonly name: string;
  readonly counts: Counts;
}

const CANDIDATES = 3;

export function searchWorst({ shapes, random, observe }: SearchOptions): Found {
  const tried = Array.from({ length: shapes }, () => {
    const scenario = randomScenario(random);
    return { scenario, worst: worstOf(observe(scenario, 'search')) };
  });
  return tried
    .sort((a, b) => b.worst - a.worst)
    .slice(0, CANDIDATES)
    .map(({ scenario }) => ({ name: scenario.name, counts: observe(scenario, 'again') }))
    .sort((a, b) => worstOf(b.counts) - worstOf(a.counts))[0]!;
}

function worstOf({ falseFits, falseNeeded, suites }: Counts): number {
  return Math.max(falseFits, falseNeeded) / suites;
}
