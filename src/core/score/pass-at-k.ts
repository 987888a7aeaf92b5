/** pass@k of a cell: repetitions of one sample are the answers that one draws from. */
import { known, missing, type Quantity } from '../quantity.js';
import { passAtK } from '../stats/estimate/pass-at-k.js';
import type { Aggregate } from './score.js';

/** Mean of pass@k over samples. A sample with fewer than k repetitions has no pass@k, and then neither has the cell. */
export function passRates(ks: readonly number[]): Aggregate {
  const samples = new Map<string, { n: number; c: number }>();
  return {
    add({ sample, input, score }) {
      if (score.state !== 'scored') return;
      const id = sample ?? String(input.fields.task_id ?? input.fields.id ?? samples.size);
      const counts = samples.get(id) ?? { n: 0, c: 0 };
      samples.set(id, { n: counts.n + 1, c: counts.c + (score.value === 1 ? 1 : 0) });
    },
    metrics: () => Object.fromEntries(ks.map((k) => [`pass@${k}`, meanPassAtK([...samples.values()], k)])),
  };
}

function meanPassAtK(samples: readonly { n: number; c: number }[], k: number): Quantity {
  if (samples.length === 0) return missing('no sample was scored');
  const fewest = Math.min(...samples.map(({ n }) => n));
  if (fewest < k) return missing(`a sample has only ${fewest} repetitions`);
  return known(samples.reduce((sum, { n, c }) => sum + passAtK(n, c, k), 0) / samples.length);
}
