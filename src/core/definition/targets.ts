/**
 * What the targets of a task show before any model is asked: which labels there are, and what would make its scores mean
 * nothing (one target for all, targets that are missing, samples that its scorer cannot judge by).
 */
import type { Sample } from '../message.js';
import { judgeOutput } from '../score/score.js';
import { SCORERS } from '../score/table.js';
import type { Task } from './suite.js';

export interface Targets {
  /** The most frequent label comes first. Null where the targets are no labels. */
  readonly labels: readonly Label[] | null;
  /** Each is a sentence without its full stop. */
  readonly warnings: readonly string[];
}

export interface Label {
  readonly label: string;
  /** Samples that have it as target. */
  readonly count: number;
}

/** More different targets than this are no labels. */
const MOST_LABELS = 20;

export function describeTargets(samples: readonly Sample[], task: Pick<Task, 'scorer'>): Targets {
  const counts = new Map<string, number>();
  let absent = 0;
  let empty = 0;
  for (const { target } of samples) {
    if (target === null) absent++;
    else if (typeof target === 'string' && target.trim() === '') empty++;
    else counts.set(textOf(target), (counts.get(textOf(target)) ?? 0) + 1);
  }
  const present = samples.length - absent - empty;
  const labels = [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => b.count - a.count);
  return {
    labels: labels.length > 0 && labels.length <= MOST_LABELS && labels.length * 2 <= present ? labels : null,
    warnings: [
      ...(counts.size === 1 && present > 1 && absent + empty === 0
        ? [
            `all ${present} targets are ${JSON.stringify(labels[0]!.label)}: a model that always says it is always right`,
          ]
        : []),
      ...(absent > 0 && absent < samples.length ? [`${absent} of ${samples.length} samples have no target`] : []),
      ...(empty > 0 ? [`${empty} of ${samples.length} targets are empty texts`] : []),
      ...unscorable(samples, task),
    ],
  };
}

function textOf(target: unknown): string {
  return typeof target === 'string' ? target : JSON.stringify(target);
}

/** What an answer says decides its score, and not whether it has one. */
const ANY_ANSWER = 'x';

/** Samples that the scorer of the task cannot judge by, whatever a model answers. */
function unscorable(samples: readonly Sample[], { scorer: choice }: Pick<Task, 'scorer'>): readonly string[] {
  const { name, ...given } = typeof choice === 'string' ? { name: choice } : choice;
  const scorer = SCORERS[name];
  const options = scorer.options.safeParse(given);
  if (scorer.needs !== undefined || !options.success) return [];
  const reasons = samples.flatMap(({ id, target, fields }) => {
    const score = judgeOutput(scorer, { output: ANY_ANSWER, target, fields }, options.data);
    return score.state === 'unscored' ? [`${score.reason} (sample ${id})`] : [];
  });
  return reasons.length === 0 ? [] : [`${reasons.length} of ${samples.length} samples cannot be scored: ${reasons[0]}`];
}
