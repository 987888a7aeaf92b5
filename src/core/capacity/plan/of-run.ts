/** What a run tells of the workload of a model: how long its requests and answers are, and how fast one stream was. */
import { cellOf, type SuiteAnalysis } from '../../analyse/analysis.js';
import { isAlone } from '../../definition/condition.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import type { SingleStream } from '../simulate/measured-times.js';
import type { Lengths } from '../step/workload.js';

export interface ModelWorkload {
  /** One for each sample that was answered: the mean of its repetitions. */
  readonly lengths: readonly Lengths[];
  /** The samples that had the machine for themselves; of a run on several machines those of the one that the figures belong to. */
  readonly streams: readonly SingleStream[];
}

export function workloadOf(suites: readonly SuiteAnalysis[], model: string): ModelWorkload {
  const cells = suites.flatMap(({ tasks }) =>
    tasks.flatMap(({ cells, otherConditions }) =>
      [...cells, ...otherConditions].filter((cell) => cell.model === model),
    ),
  );
  const answers = cells.flatMap(({ condition, results }) =>
    results.flatMap((result) => {
      const { promptTokens, outputTokens, ...times } = result?.timings ?? {};
      if (promptTokens === undefined || outputTokens === undefined || promptTokens < 1 || outputTokens < 1) return [];
      return [{ condition, promptTokens, outputTokens, times }];
    }),
  );
  return {
    lengths: answers.map(({ promptTokens, outputTokens }) => ({ prompt: promptTokens, output: outputTokens })),
    streams: answers.flatMap(({ condition, outputTokens, times: { ttft, tpot, prefillRate } }): SingleStream[] => {
      if (!isAlone(condition) || ttft === undefined || prefillRate === undefined) return [];
      // Tokens of the prompt that came from a cache were not read.
      return [{ promptTokens: prefillRate * ttft, outputTokens, ttft, tpot: tpot ?? null }];
    }),
  };
}

/** The tokens of the longest request of suites: its prompt plus the maximum length of its answer. */
export function longestRequest(suites: readonly SuiteAnalysis[], model: string): { readonly value: number } | Missing {
  const longest = suites.flatMap(({ tasks }) =>
    tasks.flatMap((task) => {
      const { promptTokens } = cellOf(task, model).metrics;
      return isMissing(promptTokens) ? [] : [promptTokens.max + task.maxTokens];
    }),
  );
  return longest.length === 0 ? missing('the tokens of the prompts were not counted') : { value: Math.max(...longest) };
}
