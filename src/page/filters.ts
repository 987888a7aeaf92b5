/** Filters samples by task, outcome and words. */
import { sampleKey, taskKey } from '../core/keys.js';
import type { PageData, PageModel, PageResult, PageSample, PageTask } from '../core/report/document/samples.js';

export interface Item {
  readonly task: PageTask;
  readonly sample: PageSample;
  /** The address of a sample within the page: `suite/task/sample`. */
  readonly address: string;
  readonly words: string;
}

export function itemsOf(data: PageData): Item[] {
  return data.tasks.flatMap((task) =>
    task.samples.map((sample) => ({
      task,
      sample,
      address: sampleKey({ suite: task.suite, task: task.name, sample: sample.id }),
      words: [
        sample.id,
        sample.target,
        ...sample.prompt.map(({ text }) => text),
        ...sample.results.map((result) => result?.output ?? ''),
      ]
        .join('\n')
        .toLowerCase(),
    })),
  );
}

type Test = (sample: PageSample, models: readonly PageModel[]) => boolean;

const results = (sample: PageSample) => sample.results.filter((result) => result !== null);
const resultsOfClass = (sample: PageSample, models: readonly PageModel[], wanted: PageModel['class']) =>
  sample.results.filter((result, i): result is PageResult => result !== null && models[i]!.class === wanted);

export const isRight = ({ score }: PageResult) => score !== null && score >= 0.5;
export const isWrong = ({ score }: PageResult) => score !== null && score < 0.5;

/** Filters by outcome. The menu lists this table. */
export const OUTCOMES = {
  all: { title: 'all samples', test: () => true },
  'slm-wrong': {
    title: 'SLM wrong, LLM right',
    test: (sample, models) =>
      resultsOfClass(sample, models, 'slm').some(isWrong) && resultsOfClass(sample, models, 'llm').some(isRight),
  },
  'llm-wrong': {
    title: 'SLM right, LLM wrong',
    test: (sample, models) =>
      resultsOfClass(sample, models, 'slm').some(isRight) && resultsOfClass(sample, models, 'llm').some(isWrong),
  },
  'all-wrong': {
    title: 'all wrong',
    test: (sample) => results(sample).length > 0 && results(sample).every(isWrong),
  },
  'all-right': {
    title: 'all right',
    test: (sample) => results(sample).length > 0 && results(sample).every(isRight),
  },
  differ: {
    title: 'models differ',
    test: (sample) => new Set(results(sample).map(isRight)).size > 1,
  },
  failed: { title: 'failed', test: (sample) => results(sample).some(({ finish }) => finish === 'failed') },
  cut: { title: 'cut at the token limit', test: (sample) => results(sample).some(({ finish }) => finish === 'length') },
  unscored: { title: 'not scored', test: (sample) => results(sample).some(({ score }) => score === null) },
} as const satisfies Record<string, { readonly title: string; readonly test: Test }>;

export const ORDERS = {
  log: { title: 'in the order of the data', compare: () => 0 },
  slowest: { title: 'slowest first', compare: (a, b) => slowest(b) - slowest(a) },
  unsure: { title: 'least sure first', compare: (a, b) => leastSure(a) - leastSure(b) },
} as const satisfies Record<string, { readonly title: string; compare(a: Item, b: Item): number }>;

function slowest({ sample }: Item): number {
  return Math.max(-1, ...results(sample).map(({ e2e }) => e2e ?? -1));
}

function leastSure({ sample }: Item): number {
  return Math.min(1, ...results(sample).map(({ confidence }) => confidence ?? 1));
}

export interface Filter {
  readonly task: string;
  readonly outcome: keyof typeof OUTCOMES;
  readonly order: keyof typeof ORDERS;
  readonly words: string;
}

export function select(items: readonly Item[], models: readonly PageModel[], filter: Filter): Item[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  const { test } = OUTCOMES[filter.outcome] as { readonly test: Test };
  return items
    .filter(
      (item) =>
        (filter.task === '' || taskKey(item.task.suite, item.task.name) === filter.task) &&
        test(item.sample, models) &&
        words.every((word) => item.words.includes(word)),
    )
    .sort(ORDERS[filter.order].compare);
}
