/**
 * What people weigh when they choose a model, each with its evidence from this run or with "not measured". Nothing here is a
 * claim of the maker's: what the run did not show is not said.
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import { METRICS } from '../analyse/metrics.js';
import { isMissing } from '../measure/quantity.js';
import type { SuiteRecommendation } from '../recommend/recommendation.js';
import type { ScorerName } from '../score/table.js';
import { formatBytes, formatDollars, formatEstimate, formatSeconds, list } from './format.js';

export interface Criterion {
  readonly name: string;
  /** One for each model, in the order of the run. */
  readonly evidence: readonly string[];
}

const NOT_MEASURED = 'not measured';

/** Scorers that judge safety or bias: they are never averaged into quality of another kind, and are named on their own. */
const SAFETY: readonly ScorerName[] = ['refusal', 'bbq', 'crows-pairs', 'winobias'];

export function criteriaOf(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): Criterion[] {
  const row = (name: string, of: (model: ModelAnalysis, index: number) => string): Criterion => ({
    name,
    evidence: analysis.models.map(of),
  });
  const metric =
    (name: 'ttft' | 'decodeRate' | 'e2e' | 'cost', level: 'median' | 'mean') => (_: ModelAnalysis, i: number) => {
      const estimate = estimateAt(suite.overall[i]!.metrics[name], level);
      return isMissing(estimate)
        ? `${NOT_MEASURED}: ${estimate.missing}`
        : formatEstimate(estimate, METRICS[name].unit);
    };
  return [
    row('Quality on this workload', (_, i) => {
      const { quality } = suite.overall[i]!;
      return isMissing(quality) ? `${NOT_MEASURED}: ${quality.missing}` : formatEstimate(quality, 'score');
    }),
    row('Time to first token (median)', metric('ttft', 'median')),
    row('Decode rate (median)', metric('decodeRate', 'median')),
    row('End-to-end latency (median)', metric('e2e', 'median')),
    row('Peak memory', ({ memory }) => {
      const { resident } = memory.peak;
      return isMissing(resident) ? `${NOT_MEASURED}: ${resident.missing}` : formatBytes(resident.max);
    }),
    row('Load time', ({ load }) => (isMissing(load) ? `${NOT_MEASURED}: ${load.missing}` : formatSeconds(load.median))),
    row('Smallest device it fits', ({ id }) => smallestDevice(recommended, id)),
    row('Offline and privacy', ({ facts }) => (facts === null ? NOT_MEASURED : NETWORKS[facts.network])),
    row('Cost of a thousand requests', metric('cost', 'mean')),
    row('Cost of a million output tokens', ({ entry }) =>
      entry.price === undefined
        ? `${NOT_MEASURED}: no price is given`
        : `${formatDollars(entry.price.output)} (${entry.price.source}, ${entry.price.date})`,
    ),
    row('Energy', () => NOT_MEASURED),
    row('Adaptation', adaptationOf),
    row('Safety and bias', ({ id }) => safetyOf(suite.tasks, id)),
    row('Licence', ({ entry }) => entry.licence ?? 'models.json does not say'),
  ];
}

const NETWORKS = {
  none: 'runs without a network: weights and prompts stay in one process',
  loopback: 'a server on this machine: prompts do not leave it',
  internet: 'needs the internet: prompts leave this machine',
} as const;

/** The table of devices goes from small to large. */
function smallestDevice({ fits }: SuiteRecommendation, model: string): string {
  const fit = fits.find((one) => one.model === model);
  if (fit === undefined) return 'runs elsewhere';
  const first = fit.devices.find(({ state }) => state === 'fits');
  if (first !== undefined) return first.device;
  return fit.devices.every(({ state }) => state === 'unknown') ? NOT_MEASURED : 'none of those listed';
}

function adaptationOf({ entry }: ModelAnalysis): string {
  const adapters = entry.backend === 'llama-cpp' ? entry.lora.length : 0;
  return adapters === 0 ? 'as it is' : `with ${adapters === 1 ? 'a LoRA adapter' : `${adapters} LoRA adapters`}`;
}

function safetyOf(tasks: readonly TaskAnalysis[], model: string): string {
  const judged = tasks.filter(({ scorer }) => SAFETY.includes(typeof scorer === 'string' ? scorer : scorer.name));
  if (judged.length === 0) return `${NOT_MEASURED}: no task of the suite measures it`;
  return list(
    judged.map((task) => {
      const { quality } = task.cells.find((cell) => cell.model === model)!;
      return `${task.name} ${isMissing(quality) ? NOT_MEASURED : formatEstimate(quality, 'score')}`;
    }),
  );
}
