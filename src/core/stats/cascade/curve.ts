/**
 * A cascade asks the small model first and defers to the large one where the small one is unsure. The answers of both
 * to the same items tell the score of every threshold, without asking again:
 *
 *     score at deferral rate d = (1/n) (sum of small over the kept + sum of large over the deferred)
 *
 * The random curve (defer a share d blindly) and the oracle (defer the items that gain most) belong on every plot: a signal
 * must beat the first, and cannot beat the second.
 */
import { expectCount, expectFinite, expectProbability, expectSameLength } from '../basics/expect.js';
import { mean, sum } from '../basics/moments.js';

/** Both models' answers to the same items. */
export interface CascadeItems {
  /** The confidence in the small model's answer, on any scale. Low confidence is deferred first. */
  readonly confidence: readonly number[];
  /** Scores in [0, 1]. */
  readonly small: readonly number[];
  readonly large: readonly number[];
}

/** When the large model is asked. */
export type DeferralRule =
  | { readonly always: 'small' }
  | { readonly deferBelow: number }
  | { readonly always: 'large' };

export interface CurvePoint {
  /** Share of items deferred, 0 to 1. */
  readonly rate: number;
  /** Mean score of the cascade. */
  readonly score: number;
}

export interface DeferralPoint extends CurvePoint {
  readonly deferred: number;
  readonly rule: DeferralRule;
  /** The cascade minus the large model, item by item: the mean, and its standard error. Deferred items differ by 0. */
  readonly difference: number;
  readonly differenceError: number;
}

/** Whether a rule sends an answer of this confidence to the large model. */
export function defers(rule: DeferralRule, confidence: number): boolean {
  if ('deferBelow' in rule) return confidence < rule.deferBelow;
  return rule.always === 'large';
}

/**
 * The curve of all thresholds, from deferring nothing to deferring everything. Items of equal confidence go together, so
 * the points are not evenly spaced where there are ties; thresholds lie midway between neighbouring confidences.
 */
export function deferralCurve(items: CascadeItems): DeferralPoint[] {
  return [...deferralPoints(items)];
}

/** The points of the curve one by one, for whoever needs only the first of them. */
export function* deferralPoints(items: CascadeItems): Generator<DeferralPoint> {
  expectItems(items);
  const { confidence, small, large } = items;
  const n = confidence.length;
  const order = confidence.map((_, i) => i).sort((a, b) => confidence[a]! - confidence[b]!);
  const gaps = small.map((score, i) => score - large[i]!);
  let gap = sum(gaps);
  let squares = sum(gaps.map((value) => value ** 2));
  const largeMean = mean(large);

  const point = (deferred: number, rule: DeferralRule): DeferralPoint => {
    const difference = gap / n;
    const spread = Math.max(0, squares / n - difference ** 2);
    return {
      rate: deferred / n,
      score: largeMean + difference,
      deferred,
      rule,
      difference,
      differenceError: Math.sqrt(spread / n),
    };
  };
  yield point(0, { always: 'small' });
  for (let i = 0; i + 1 < n; i++) {
    const [index, next] = [order[i]!, order[i + 1]!];
    gap -= gaps[index]!;
    squares -= gaps[index]! ** 2;
    if (confidence[next]! > confidence[index]!)
      yield point(i + 1, { deferBelow: between(confidence[index]!, confidence[next]!) });
  }
  [gap, squares] = [0, 0];
  yield point(n, { always: 'large' });
}

/** Deferring a share of the items blindly: a straight line from the small model to the large. */
export function randomCurve(items: Pick<CascadeItems, 'small' | 'large'>): CurvePoint[] {
  return [
    { rate: 0, score: mean(items.small) },
    { rate: 1, score: mean(items.large) },
  ];
}

/** Deferring at each rate the items that gain most by it: the bound, with hindsight. */
export function oracleCurve(items: Pick<CascadeItems, 'small' | 'large'>): CurvePoint[] {
  const { small, large } = items;
  expectSameLength('large', small, large);
  const n = small.length;
  const gains = large.map((score, i) => score - small[i]!).sort((a, b) => b - a);
  let total = sum(small);
  return [0, ...gains].map((gain, deferred) => {
    total += gain;
    return { rate: deferred / n, score: total / n };
  });
}

/** Area under a deferral curve, by trapezoids over the rate: the mean score over all rates (AUDC). */
export function areaUnderCurve(curve: readonly CurvePoint[]): number {
  expectCount('curve.length', curve.length, 2);
  return sum(curve.slice(1).map((point, i) => ((point.rate - curve[i]!.rate) * (point.score + curve[i]!.score)) / 2));
}

/** The score at a rate, on the straight line between the two points around it. */
export function scoreAtRate(curve: readonly CurvePoint[], rate: number): number {
  expectProbability('rate', rate);
  const right = curve.findIndex((point) => point.rate >= rate - 1e-12);
  const [to, from] = [curve[right]!, curve[Math.max(0, right - 1)]!];
  const width = to.rate - from.rate;
  return width === 0 ? to.score : from.score + ((rate - from.rate) / width) * (to.score - from.score);
}

/** The middle of two numbers, or the upper one where no number lies between them: the lower must fall below it. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle > low ? middle : high;
}

function expectItems({ confidence, small, large }: CascadeItems): void {
  expectCount('confidence.length', confidence.length, 1);
  expectSameLength('small', confidence, small);
  expectSameLength('large', confidence, large);
  expectFinite('confidence', confidence);
  small.forEach((score, i) => {
    expectProbability(`small[${i}]`, score);
    expectProbability(`large[${i}]`, large[i]!);
  });
}
