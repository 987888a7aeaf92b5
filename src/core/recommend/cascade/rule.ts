/** Which signal and threshold decide when the LLM is asked, and how they are chosen on some samples. */
import type { Confidence, SampleInfo } from '../../analyse/analysis.js';
import { normalQuantile } from '../../stats/basics/distributions.js';
import { mean } from '../../stats/basics/moments.js';
import {
  type CascadeItems,
  type DeferralPoint,
  type DeferralRule,
  deferralCurve,
  defers,
} from '../../stats/cascade/curve.js';

export type Signal = keyof Confidence;
export const SIGNALS = ['mean', 'min', 'p10', 'sum', 'margin', 'agreement'] as const satisfies readonly Signal[];

/** One sample as a cascade sees it. */
export interface Case {
  readonly sample: SampleInfo;
  readonly confidence: Confidence;
  /** Answers that the SLM gave. */
  readonly answers: number;
  readonly small: number;
  readonly large: number;
  readonly smallCost: number;
  readonly largeCost: number;
  /** Of one answer, where both were timed. */
  readonly seconds: { readonly small: number; readonly large: number } | null;
}

/** Which signal decides when the LLM is asked, and how. */
export interface Rule {
  readonly signal: Signal;
  readonly rule: DeferralRule;
}

/** With which a threshold should be shown to be good enough on samples that did not choose it. */
const POWER = 0.8;

export interface Wanted {
  readonly margin: number;
  readonly alpha: number;
  /** Samples that are to show it. */
  readonly n: number;
}

/**
 * The signal and threshold that cost least among those that would be shown non-inferior on `n` such samples with
 * the usual power. With few samples that takes more deferrals than with many. Of equals, the first signal of the list.
 */
export function chooseRule(cases: readonly Case[], { margin, alpha, n }: Wanted): Rule {
  const z = normalQuantile(1 - alpha) + normalQuantile(POWER);
  const known = SIGNALS.filter((signal) => cases.every(({ confidence }) => confidence[signal] !== undefined));
  const largeCost = mean(cases.map((one) => one.largeCost));
  const candidates = known.map((signal) => {
    const curve = deferralCurve(itemsOf(cases, signal));
    const errorOf = (point: DeferralPoint) => point.differenceError * Math.sqrt(cases.length / n);
    // With every request deferred nothing is lost, so there is always one.
    const point = curve.find((one) => one.difference - z * errorOf(one) >= -margin - 1e-12) ?? curve.at(-1)!;
    const cost = mean(cases.map((one) => askingCost(one, signal))) + point.rate * largeCost;
    return { signal, rule: point.rule, cost };
  });
  const { signal, rule } = candidates.reduce((best, one) => (one.cost < best.cost ? one : best));
  return { signal, rule };
}

export function itemsOf(cases: readonly Case[], signal: Signal): CascadeItems {
  return {
    confidence: cases.map(({ confidence }) => confidence[signal]!),
    small: cases.map(({ small }) => small),
    large: cases.map(({ large }) => large),
  };
}

export function asks({ signal, rule }: Rule, { confidence }: Case): boolean {
  return defers(rule, confidence[signal]!);
}

/** Of the SLM's part: only a vote takes all of its answers. */
export function askingCost({ smallCost, answers }: Case, signal: Signal): number {
  return signal === 'agreement' ? answers * smallCost : smallCost;
}
