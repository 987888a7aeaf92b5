/** What a reader must know before the verdicts: answers that were lost, so that verdicts are withheld. */
import type { SuiteRecommendation } from '../recommend/recommendation.js';
import type { Unscored } from '../recommend/unscored.js';
import { formatCount, formatScore, list } from './format.js';
import { plain, shorten } from './text.js';

/** Characters of a reason. */
const LONGEST_REASON = 160;

/** One for each model that lost answers. */
export function alarmsOf({ tasks }: SuiteRecommendation): string[] {
  const losses = tasks.flatMap(({ task, verdict }) =>
    verdict.kind === 'inconclusive' && verdict.because.of === 'unscored'
      ? verdict.because.models.map((unscored) => ({ task, unscored }))
      : [],
  );
  const models = [...new Set(losses.map(({ unscored }) => unscored.model))];
  return models.map((model) => {
    const ofModel = losses.filter(({ unscored }) => unscored.model === model);
    const isEverywhere = ofModel.length === tasks.length && tasks.length > 2;
    return alarmOf(ofModel, isEverywhere ? `all ${tasks.length} tasks` : list(ofModel.map(({ task }) => task)));
  });
}

interface Loss {
  readonly task: string;
  readonly unscored: Unscored;
}

function alarmOf(losses: readonly Loss[], where: string): string {
  const sum = (count: (one: Unscored) => number) => losses.reduce((total, { unscored }) => total + count(unscored), 0);
  const [lost, trials] = [sum(({ unscored }) => unscored), sum((one) => one.trials)];
  const { model, reason } = losses.find(({ unscored }) => unscored.reason !== null)?.unscored ?? losses[0]!.unscored;
  const because = reason === null ? '' : ` The first reason: ${shorten(plain(reason), LONGEST_REASON)}.`;
  return (
    `${formatScore(lost / trials)} of the answers of ${model} on ${where} have no score ` +
    `(${formatCount(lost)} of ${formatCount(trials)}), so these tasks have no verdict.${because}`
  );
}
