/** The signal and the threshold that decide when the LLM is asked, and how they are chosen on some samples. */
import type { Confidence, SampleInfo, SampleResult } from '../../analyse/analysis.js';
import { normalQuantile } from '../../stats/basics/distributions.js';
import { mean } from '../../stats/basics/moments.js';
import {
  type CascadeItems,
  type DeferralPoint,
  type DeferralRule,
  deferralPoints,
  defers,
} from '../../stats/cascade/curve.js';

export type Signal = keyof Confidence;
export const SIGNALS = ['mean', 'min', 'p10', 'sum', 'margin', 'agreement'] as const satisfies readonly Signal[];

/** What a cascade knows of one sample. */
export interface Case {
  readonly sample: SampleInfo;
  readonly confidence: Confidence;
  /** The number of answers that the SLM gave. */
  readonly answers: number;
  readonly small: number;
  readonly large: number;
  readonly smallCost: number;
  readonly largeCost: number;
  /** The seconds of one answer; null unless both models were timed. */
  readonly seconds: { readonly small: number; readonly large: number } | null;
  readonly results: { readonly small: SampleResult; readonly large: SampleResult };
}

/** A sample on which an answer has no score. */
export interface Lost extends Pick<Case, 'sample' | 'results'> {}

/** The signal that decides when the LLM is asked, and its threshold. */
export interface Rule {
  readonly signal: Signal;
  readonly rule: DeferralRule;
}

/** The power with which a threshold should pass the test on samples that did not choose it. */
const POWER = 0.8;

export interface Wanted {
  readonly margin: number;
  readonly alpha: number;
  /** The number of samples that test it. */
  readonly n: number;
}

/**
 * The cheapest signal and threshold of those that would be shown non-inferior on `n` such samples with the usual power. Few
 * samples need more deferrals than many. Of equals, the first signal of the list.
 */
export function chooseRule(cases: readonly Case[], { margin, alpha, n }: Wanted): Rule {
  const z = normalQuantile(1 - alpha) + normalQuantile(POWER);
  const known = SIGNALS.filter((signal) => cases.every(({ confidence }) => confidence[signal] !== undefined));
  const largeCost = mean(cases.map((one) => one.largeCost));
  const scores = scoresIn(cases);
  const candidates = known.map((signal) => {
    const errorOf = (point: DeferralPoint) => point.differenceError * Math.sqrt(cases.length / n);
    const points = deferralPoints({ ...scores, confidence: confidencesIn(cases, signal) });
    const point = firstOf(points, (one) => one.difference - z * errorOf(one) >= -margin - 1e-12);
    const cost = mean(cases.map((one) => askingCost(one, signal))) + point.rate * largeCost;
    return { signal, rule: point.rule, cost };
  });
  const { signal, rule } = candidates.reduce((best, one) => (one.cost < best.cost ? one : best));
  return { signal, rule };
}

/** The first point that does; else the last, where every request is deferred, so that nothing is lost. */
function firstOf(points: Iterable<DeferralPoint>, does: (point: DeferralPoint) => boolean): DeferralPoint {
  let last!: DeferralPoint;
  for (const point of points) {
    if (does(point)) return point;
    last = point;
  }
  return last;
}

export function itemsOf(cases: readonly Case[], signal: Signal): CascadeItems {
  return { ...scoresIn(cases), confidence: confidencesIn(cases, signal) };
}

function scoresIn(cases: readonly Case[]): Pick<CascadeItems, 'small' | 'large'> {
  return { small: cases.map(({ small }) => small), large: cases.map(({ large }) => large) };
}

function confidencesIn(cases: readonly Case[], signal: Signal): readonly number[] {
  return cases.map(({ confidence }) => confidence[signal]!);
}

export function asks({ signal, rule }: Rule, { confidence }: Case): boolean {
  return defers(rule, confidence[signal]!);
}

/** The cost of the SLM. Only a vote needs all of its answers. */
export function askingCost({ smallCost, answers }: Case, signal: Signal): number {
  return signal === 'agreement' ? answers * smallCost : smallCost;
}
