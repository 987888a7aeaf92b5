/**
 * How the doubt about the times of steps reaches a figure. The simulation runs once for each of a few draws of the factors, and the figure's interval
 * lies between the 5% and the 95% quantile of what it finds. The draws fill the cube evenly (the R3 sequence of Roberts 2018, which extends the
 * golden ratio), so few are enough. Each has a seed of its own, so the noise of the simulation is in the interval too.
 */
import { normalQuantile } from '../../stats/basics/normal.js';
import { percentile } from '../../stats/estimate/percentiles.js';
import type { StepFactors } from '../simulate/step-times.js';
import type { Doubt, Engine } from './engine.js';

/** A figure with its 90% interval. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 16;
/** The positive root of x^4 = x + 1, whose powers the sequence adds. */
const ROOT = 1.2207440846057596;
const NINETY = 1.645;

export function drawsOf({ decode, batch, prefill }: Engine['doubts']): StepFactors[] {
  return Array.from({ length: DRAWS }, (_, i) => {
    const at = (power: number) => (0.5 + (i + 1) / ROOT ** power) % 1;
    return {
      decode: factorAt(decode, at(1)),
      batch: factorAt(batch, at(2)),
      prefill: factorAt(prefill, at(3)),
    };
  });
}

/** A factor whose logarithm is normal on each side of 0, with the ends of the interval at 5% and 95%. */
function factorAt({ low, high }: Doubt, share: number): number {
  const z = normalQuantile(share) / NINETY;
  return Math.exp(z < 0 ? -z * low : z * high);
}

/** The interval holds the value: it is the figure without doubt. A draw may be infinite, where a queue grows without end. */
export function figureOf(value: number, values: readonly number[]): Figure {
  const finite = values.filter(Number.isFinite);
  const endless = values.length - finite.length;
  return {
    value,
    low: finite.length === 0 ? value : Math.min(value, percentile(finite, 0.05)),
    high: endless > TAIL * values.length ? Number.POSITIVE_INFINITY : Math.max(value, percentile(finite, 1 - TAIL)),
  };
}

const TAIL = 0.05;
