/**
 * What people weigh when they choose a model, each with its evidence from this run or with "not measured". Nothing here is a
 * claim of the maker's: what the run did not show is not said.
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import type { MachineCost } from '../capacity/machine-cost.js';
import { METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { SuiteRecommendation } from '../recommend/recommendation.js';
import { judgesSafety } from '../score/safety.js';
import { formatBytes, formatCount, formatDollars, formatEstimate, formatSeconds, list } from './format.js';

export interface Criterion {
  readonly name: string;
  /** One for each model, in the order of the run. */
  readonly evidence: readonly string[];
}

const NOT_MEASURED = 'not measured';

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
    row('Load time', ({ metrics: { load } }) =>
      isMissing(load) ? `${NOT_MEASURED}: ${load.missing}` : formatSeconds(load.median),
    ),
    row('Smallest device it fits', ({ id }) => smallestDevice(recommended, id)),
    row('Offline and privacy', ({ facts }) => (facts === null ? NOT_MEASURED : NETWORKS[facts.network])),
    row('Cost of a thousand requests', (model, i) =>
      model.entry.price === undefined ? thousandRequestsOf(recommended, model.id) : metric('cost', 'mean')(model, i),
    ),
    row('Cost of a million output tokens', ({ id, entry }) =>
      entry.price === undefined
        ? millionTokensOf(recommended, id)
        : `${formatDollars(entry.price.output)} (${entry.price.source}, ${entry.price.date})`,
    ),
    row('Energy', ({ id }) => energyOf(recommended, id)),
    row('Adaptation', adaptationOf),
    row('Safety and bias', ({ id }) => safetyOf(suite.tasks, recommended, id)),
    row('Licence', ({ entry }) => entry.licence ?? 'models.json does not say'),
  ];
}

function machineCostOf({ machineCosts }: SuiteRecommendation, model: string): MachineCost | Missing {
  if (isMissing(machineCosts)) return machineCosts;
  return machineCosts.find((cost) => cost.model === model) ?? missing('it was not timed on a machine of known price');
}

function thousandRequestsOf(recommended: SuiteRecommendation, model: string): string {
  const cost = machineCostOf(recommended, model);
  return isMissing(cost)
    ? `${NOT_MEASURED}: ${cost.missing}`
    : `${formatDollars(cost.thousandRequests)} on ${cost.device}, one at a time`;
}

function millionTokensOf(recommended: SuiteRecommendation, model: string): string {
  const cost = machineCostOf(recommended, model);
  if (isMissing(cost)) return `${NOT_MEASURED}: ${cost.missing}`;
  return isMissing(cost.millionTokens)
    ? `${NOT_MEASURED}: ${cost.millionTokens.missing}`
    : `${formatDollars(cost.millionTokens.value)} on ${cost.device} at the measured rate`;
}

/** By rated power and measured time: nothing here reads a meter. */
function energyOf(recommended: SuiteRecommendation, model: string): string {
  const cost = machineCostOf(recommended, model);
  const energy = isMissing(cost) ? cost : cost.energy;
  if (isMissing(energy)) return `${NOT_MEASURED}: ${energy.missing}`;
  const { date, source } = recommended.electricity;
  const dollars = energy.dollars > 0 ? `, ${formatDollars(energy.dollars)} (${source}, ${date})` : '';
  return `${formatCount(energy.kilowattHours)} kWh for a thousand requests at the rated ${formatCount(energy.watts)} W${dollars}`;
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

function adaptationOf({ entry, facts }: ModelAnalysis): string {
  const adapters = entry.backend === 'llama-cpp' ? entry.lora.length : 0;
  if (adapters === 0) return 'as it is';
  const size = facts?.adapterBytes === undefined ? '' : ` of ${formatBytes(facts.adapterBytes)}`;
  return `with ${adapters === 1 ? 'a LoRA adapter' : `${adapters} LoRA adapters`}${size}`;
}

/** Each task by itself, against the LLM by itself. */
function safetyOf(tasks: readonly TaskAnalysis[], recommended: SuiteRecommendation, model: string): string {
  const judged = tasks.filter(judgesSafety);
  if (judged.length === 0) return `${NOT_MEASURED}: no task of the suite measures it`;
  return list(
    judged.map((task) => {
      const { quality } = task.cells.find((cell) => cell.model === model)!;
      const comparison = recommended.tasks
        .find((one) => one.task === task.name)!
        .comparisons.find(({ candidate }) => candidate === model);
      const shown = isMissing(quality) ? NOT_MEASURED : formatEstimate(quality, 'score');
      return `${task.name} ${shown}${comparison?.decision ? ` (${AGAINST[comparison.decision]} ${comparison.reference})` : ''}`;
    }),
  );
}

const AGAINST = {
  'non-inferior': 'not worse than',
  inferior: 'worse than',
  inconclusive: 'not to be told apart yet from',
} as const;
