/** Reports of analyses at random: each title, headline, row and look must be true of the analysis behind it. */
import { recommend } from '../src/core/recommend/recommend.js';
import { randomAnalysis } from '../test/support/random-analysis.js';
import { faultsOf } from '../test/support/title-oracles.js';
import type { Part } from './part.js';

export const titles: Part = {
  about: 'analyses whose every number is drawn at random, and what their reports claim of them',
  cases: { quick: 2000, long: 20_000 },
  async open() {
    return {
      async attempt(random) {
        const seed = random.uint32();
        const begun = performance.now();
        const analysis = randomAnalysis(seed);
        const faults = faultsOf({ analysis, recommendation: recommend(analysis) });
        return {
          ended: 'a report',
          faults,
          took: (performance.now() - begun) / 1000,
          memory: process.memoryUsage.rss(),
          again: `randomAnalysis(${seed})`,
        };
      },
      async close() {},
    };
  },
};
