/** A suite of one task by the numbers that matter: how many samples each of the two models alone got right. */
import { type Answer, analysisOf, type DrawnSuite } from '../../simulate/suite.js';
import { recommend } from '../../src/core/recommend/recommend.js';

export interface Order {
  /** Samples that only the SLM, or only the LLM, got right. */
  readonly won?: number;
  readonly lost?: number;
  readonly samples?: number;
  readonly groupSize?: number;
  readonly unscored?: number;
  readonly seconds?: readonly number[];
  readonly large?: { readonly seconds?: number; readonly wrong?: number };
}

export function suiteOf(order: Order, requirement: DrawnSuite['requirement'] = { margin: 0.1 }): DrawnSuite {
  const { won = 0, lost = 0, samples = 200, groupSize = 1, unscored = 0, seconds = [1], large = {} } = order;
  const answer = (i: number, wrong: boolean): Answer => ({
    score: wrong ? 0 : 1,
    seconds: seconds[i % seconds.length]!,
  });
  return {
    requirement,
    large: ['large'],
    tasks: [
      {
        name: 'route',
        groups: Array.from({ length: samples }, (_, i) => (groupSize === 1 ? null : Math.floor(i / groupSize))),
        answers: {
          large: Array.from({ length: samples }, (_, i) => ({
            score: i < won || i >= samples - (large.wrong ?? 0) ? 0 : 1,
            seconds: large.seconds ?? 1,
          })),
          small: Array.from({ length: samples }, (_, i) =>
            i >= samples - unscored ? { score: null } : answer(i, i >= won && i < won + lost),
          ),
        },
      },
    ],
  };
}

export function judge(suite: DrawnSuite) {
  const [recommended] = recommend(analysisOf(suite)).suites;
  return { ...recommended!, task: recommended!.tasks[0]! };
}
