/** What a reader must know before the verdicts: answers that were lost, so that verdicts are withheld. */
import type { SuiteRecommendation } from '../recommend/recommendation.js';
import type { Unscored } from '../recommend/unscored.js';
import { formatCount, formatScore, list } from './format.js';
import { plain, shorten } from './text.js';

/** Characters of a reason. */
const LONGEST_REASON = 160;

/** Names in a sentence. */
const MOST_NAMES = 3;

interface Loss {
  readonly model: string;
  readonly tasks: readonly string[];
  readonly lost: number;
  readonly trials: number;
  readonly reason: string | null;
}

/** One for each reason and the tasks that it spoils; models that share both share the sentence. */
export function alarmsOf({ tasks }: SuiteRecommendation): string[] {
  const groups = new Map<string, Loss[]>();
  for (const loss of lossesOf(tasks)) {
    const key = JSON.stringify([loss.tasks, loss.reason]);
    groups.set(key, [...(groups.get(key) ?? []), loss]);
  }
  return [...groups.values()].map((losses) => alarmOf(losses, tasks.length));
}

/** One for each model that lost answers. */
function lossesOf(tasks: SuiteRecommendation['tasks']): Loss[] {
  const losses = tasks.flatMap(({ task, verdict }) =>
    verdict.kind === 'inconclusive' && verdict.because.of === 'unscored'
      ? verdict.because.models.map((unscored) => ({ task, unscored }))
      : [],
  );
  const models = [...new Set(losses.map(({ unscored }) => unscored.model))];
  return models.map((model) => {
    const own = losses.filter(({ unscored }) => unscored.model === model);
    const sum = (count: (one: Unscored) => number) => own.reduce((total, { unscored }) => total + count(unscored), 0);
    const reason = own.find(({ unscored }) => unscored.reason !== null)?.unscored.reason ?? null;
    return {
      model,
      tasks: own.map(({ task }) => task),
      lost: sum(({ unscored }) => unscored),
      trials: sum((one) => one.trials),
      reason: reason === null ? null : shorten(plain(reason), LONGEST_REASON),
    };
  });
}

function alarmOf(losses: readonly Loss[], all: number): string {
  const [first, ...others] = losses as [Loss, ...Loss[]];
  const { tasks, reason } = first;
  const where = tasks.length === all && all > 2 ? `all ${all} tasks` : listOfSome(tasks, 'more tasks');
  const because = reason === null ? '' : ` The first reason: ${reason}.`;
  const share = ({ lost, trials }: Loss) => formatScore(lost / trials);
  const count = ({ lost, trials }: Loss) => `${formatCount(lost)} of ${formatCount(trials)}`;
  const what =
    others.length === 0
      ? `${share(first)} of the answers of ${first.model} on ${where} have no score (${count(first)})`
      : `Answers on ${where} have no score: ${listOfSome(
          losses.map((loss) => `${share(loss)} of those of ${loss.model} (${count(loss)})`),
          'more models',
        )}`;
  return `${what}, so these tasks have no verdict.${because}`;
}

function listOfSome(items: readonly string[], others: string): string {
  const more = items.length - MOST_NAMES;
  return list(more > 1 ? [...items.slice(0, MOST_NAMES), `${more} ${others}`] : items);
}
