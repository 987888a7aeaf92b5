/**
 * Quantiles of many durations in little memory: DDSketch (Masson, Rim and Lee 2019, VLDB, arXiv 1908.10693). Values are counted in bins
 * whose ends grow by a factor, so a quantile is off by at most 0.25% of itself, however many values there are.
 */
const ERROR = 0.0025;
const GROWTH = (1 + ERROR) / (1 - ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** Durations below a microsecond count as zero. */
const LEAST = 1e-6;
const BINS = Math.ceil(Math.log(1e8 / LEAST) / LOG_GROWTH);

export class Sketch {
  readonly #bins = new Float64Array(BINS);
  #zeros = 0;
  #n = 0;
  #sum = 0;

  add(seconds: number): void {
    this.#n++;
    this.#sum += seconds;
    if (seconds < LEAST) this.#zeros++;
    else this.#bins[Math.min(BINS - 1, Math.ceil(Math.log(seconds / LEAST) / LOG_GROWTH))]!++;
  }

  get n(): number {
    return this.#n;
  }

  /** NaN without values. */
  get mean(): number {
    return this.#sum / this.#n;
  }

  /** @param q From 0 to 1. @returns NaN without values. */
  quantile(q: number): number {
    if (this.#n === 0) return Number.NaN;
    const rank = q * (this.#n - 1);
    let below = this.#zeros;
    if (below > rank) return 0;
    for (let bin = 0; bin < BINS; bin++) {
      below += this.#bins[bin]!;
      if (below > rank) return (2 * LEAST * GROWTH ** bin) / (GROWTH + 1);
    }
    return LEAST * GROWTH ** BINS;
  }
}
