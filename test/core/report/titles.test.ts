/** Titles, labels and numbers of reports are true of any analysis. `npm run fuzz -- titles` tries two thousand of them. */
import { expect, it } from 'vitest';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { randomAnalysis } from '../../support/random-analysis.js';
import { faultsOf } from '../../support/title-oracles.js';

const ANALYSES = 20;

it(`holds for ${ANALYSES} analyses at random: each title, headline, row and look`, () => {
  // In the last two a median lies halfway between two places of the grid.
  for (const seed of [...Array(ANALYSES).keys(), 3_566_466_335, 4_265_407_974]) {
    const analysis = randomAnalysis(seed);
    expect(faultsOf({ analysis, recommendation: recommend(analysis) }), `analysis ${seed}`).toEqual([]);
  }
});
