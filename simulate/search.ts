/**
 * Searches shapes for the one with the most wrong verdicts. The worst of many looks worse than it is, so the few worst are drawn
 * again, with suites of their own.
 */
import type { Random } from '../src/core/stats/basics/random.js';
import { type Observed, observe } from './observe.js';
import { randomScenario } from './scenarios.js';

export interface SearchOptions {
  readonly shapes: number;
  readonly suites: { readonly first: number; readonly again: number };
  readonly random: Random;
}

const CANDIDATES = 3;

export function searchWorst({ shapes, suites, random }: SearchOptions): Observed {
  const tried = Array.from({ length: shapes }, () => {
    const scenario = randomScenario(random);
    return { scenario, worst: worstOf(observe(scenario, { suites: suites.first, seed: 1 })) };
  });
  return tried
    .sort((a, b) => b.worst - a.worst)
    .slice(0, CANDIDATES)
    .map(({ scenario }) => observe(scenario, { suites: suites.again, seed: 2 }))
    .sort((a, b) => worstOf(b) - worstOf(a))[0]!;
}

function worstOf({ falseFits, falseNeeded }: Observed): number {
  return Math.max(falseFits, falseNeeded);
}
