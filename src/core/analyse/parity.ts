/**
 * Parity: do the variants of a model give the same answers? Engines that decode the same weights greedily should. A quantisation
 * changes some answers. Every variant is compared with the first variant of its entry, sample by sample. So is a model on several machines.
 */
import type { RunSettings } from '../log/log.js';
import type { Parity, TaskAnalysis } from './analysis.js';

export function parityOf(
  models: readonly { readonly id: string }[],
  tasks: readonly TaskAnalysis[],
  placed: RunSettings['placed'] = {},
): Parity[] {
  const families = new Map<string, string[]>();
  for (const { id } of models) {
    const entry = placed[id]?.model ?? id.split(/[:@]/)[0]!;
    families.set(entry, [...(families.get(entry) ?? []), id]);
  }
  return [...families.values()].flatMap(([first, ...others]) =>
    others.flatMap((other) => {
      const parity = compare(tasks, first!, other);
      return parity.n === 0 ? [] : [parity];
    }),
  );
}

function compare(tasks: readonly TaskAnalysis[], first: string, second: string): Parity {
  let [n, sameOutput, sameScore] = [0, 0, 0];
  for (const { cells } of tasks) {
    const [a, b] = [first, second].map((model) => cells.find((cell) => cell.model === model)!.results);
    a!.forEach((result, i) => {
      const other = b![i];
      if (!result || !other || result.finish === 'failed' || other.finish === 'failed') return;
      n++;
      if (result.output.trim() === other.output.trim()) sameOutput++;
      if (result.score === other.score) sameScore++;
    });
  }
  return { first, second, n, sameOutput, sameScore };
}
