/**
 * The estimate of a score from values that are not kept: a million of them take as much memory as two. It equals that of
 * `estimateScore`. It keeps counts where all scores are 0 or 1, and otherwise sums of the differences to the first value. Their
 * rounding errors are summed beside them (Kahan-Neumaier).
 */
import { type Missing, missing } from '../../quantity.js';
import type { Estimate } from './estimate.js';
import { estimateMeanOfMoments, estimateProportionOfCounts } from './estimators.js';

export class ScoreFold {
  #n = 0;
  #ones = 0;
  #isBinary = true;
  #first = 0;
  readonly #differences = new Sum();
  readonly #squares = new Sum();

  get n(): number {
    return this.#n;
  }

  /** @throws RangeError when the score is outside [0, 1]. */
  add(score: number): void {
    if (!(score >= 0 && score <= 1)) throw new RangeError(`Expected a score from 0 to 1, got ${score}`);
    if (this.#n === 0) this.#first = score;
    const difference = score - this.#first;
    this.#differences.add(difference);
    this.#squares.add(difference * difference);
    this.#n++;
    if (score === 1) this.#ones++;
    else if (score !== 0) this.#isBinary = false;
  }

  estimate(): Estimate | Missing {
    const n = this.#n;
    if (n === 0) return missing('no values');
    if (this.#isBinary) return estimateProportionOfCounts(this.#ones, n);
    const total = this.#differences.value;
    const variance = n < 2 ? 0 : Math.max(0, (this.#squares.value - (total * total) / n) / (n - 1));
    const moments = { n, mean: this.#first + total / n, standardDeviation: Math.sqrt(variance) };
    return estimateMeanOfMoments(moments, { bounds: { low: 0, high: 1 } });
  }
}

class Sum {
  #total = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#total + value;
    this.#lost += Math.abs(this.#total) >= Math.abs(value) ? this.#total - next + value : value - next + this.#total;
    this.#total = next;
  }

  get value(): number {
    return this.#total + this.#lost;
  }
}
