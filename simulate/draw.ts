/** How pairs of scores are drawn. Each kind has a known true difference between the SLM and its LLM. */
import type { Random } from '../src/core/stats/basics/random.js';

export interface Pair {
  readonly small: number;
  readonly large: number;
}

export interface Shape {
  /** Sizes of the groups; a group of one is a sample that stands alone. */
  readonly sizes: readonly number[];
  /** Rates at which only the SLM, or only the LLM, is right. */
  readonly win: number;
  readonly loss: number;
  /** How alike the samples of a group are, from 0 to 1, and in which way; of `won as one`, the share of such groups. */
  readonly together: number;
  readonly kind: 'whole groups' | 'won as one' | 'beta' | 'graded' | 'repeated';
}

export function groupsOf({ sizes }: Pick<Shape, 'sizes'>): (number | null)[] {
  return sizes.flatMap((size, group) => Array<number | null>(size).fill(size === 1 ? null : group));
}

/** Graded losses are whole where they occur; other differences are small. */
const SMALL_DIFFERENCE = 0.02;

export function drawPairs(shape: Shape, random: Random): Pair[] {
  return shape.sizes.flatMap((size) => {
    if (shape.kind === 'won as one' && random.uniform() < shape.together)
      return Array.from({ length: size }, () => ({ small: 1, large: 0 }));
    const rates = ratesOf(shape, random);
    const shared = sharesFate(shape) && random.uniform() < shape.together ? random.uniform() : null;
    return Array.from({ length: size }, () => pairOf(shape, { ...rates, u: shared ?? random.uniform() }, random));
  });
}

function sharesFate({ kind }: Shape): boolean {
  return kind !== 'beta' && kind !== 'won as one';
}

interface Drawn {
  readonly win: number;
  readonly loss: number;
  readonly u: number;
}

function ratesOf({ kind, win, loss, together }: Shape, random: Random): Pick<Drawn, 'win' | 'loss'> {
  if (kind !== 'beta') return { win, loss };
  const drawnLoss = beta(loss, together, random);
  return { loss: drawnLoss, win: beta(win / (1 - loss), together, random) * (1 - drawnLoss) };
}

function pairOf({ kind }: Shape, { win, loss, u }: Drawn, random: Random): Pair {
  switch (kind) {
    case 'whole groups':
    case 'won as one':
    case 'beta':
      return u < loss ? { small: 0, large: 1 } : u < loss + win ? { small: 1, large: 0 } : { small: 1, large: 1 };
    case 'graded':
      if (u < loss) return { small: 0, large: 1 };
      return { small: 0.5 + (random.uniform() - 0.5) * SMALL_DIFFERENCE, large: 0.5 };
    case 'repeated': {
      // Three repetitions, some of which waver.
      if (u < loss) return { small: 0, large: 1 };
      const wavers = random.uniform() < 0.02;
      return wavers ? { small: random.below(4) / 3, large: 0.5 } : { small: 1, large: 1 };
    }
  }
}

/** A beta draw with this mean and intraclass correlation, by two gamma draws (Marsaglia and Tsang 2000). */
function beta(mean: number, correlation: number, random: Random): number {
  if (correlation <= 0 || mean <= 0 || mean >= 1) return mean;
  if (correlation >= 1) return Number(random.uniform() < mean);
  const size = (1 - correlation) / correlation;
  const [first, second] = [gamma(mean * size, random), gamma((1 - mean) * size, random)];
  return first / (first + second || 1);
}

function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (random.uniform() || 1e-12) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(random.uniform() || 1e-300) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
