/** Settings of the kinds that logs show: still and busy machines, drift, spikes, groups, graded and noisy answers. */
import type { Scores, Setting, Times } from './draw.js';

const STILL: Times = {
  blocks: 6,
  samplesOfBlock: 20,
  opening: 0.01,
  request: 0.03,
  drift: 0,
  spikes: { share: 0, factor: 1 },
  autocorrelation: 0,
};

const TIMES = {
  'a still machine': STILL,
  'a noisy machine': { ...STILL, opening: 0.02, request: 0.08 },
  'drift of 20%': { ...STILL, opening: 0.015, drift: 0.2 },
  'heavy tails': { ...STILL, opening: 0.015, request: 0.05, spikes: { share: 0.05, factor: 1.5 } },
  'busy periods': { ...STILL, opening: 0.015, request: 0.06, autocorrelation: 0.9 },
  'a crowded machine': { ...STILL, opening: 0.03, request: 0.2, autocorrelation: 0.6 },
  'openings that differ': { ...STILL, opening: 0.03 },
} as const satisfies Record<string, Times>;

const PLAIN: Scores = { samples: 480, discordance: 0.08, clusterSize: 1, correlation: 0, kind: 'right or wrong' };

const SCORES = {
  'equal answers': { ...PLAIN, discordance: 0 },
  'answers that differ by 8%': PLAIN,
  'graded answers': { ...PLAIN, kind: 'graded' },
  'noisy answers': { ...PLAIN, discordance: 0.02, kind: 'noisy' },
  'groups of 4': { ...PLAIN, clusterSize: 4, correlation: 0.3 },
} as const satisfies Record<string, Scores>;

/** Every kind of scores with every kind of times. */
export const SETTINGS: readonly Setting[] = Object.entries(SCORES).flatMap(([scored, scores]) =>
  Object.entries(TIMES).map(([timed, times]) => ({ name: `${scored}, ${timed}`, scores, times })),
);
