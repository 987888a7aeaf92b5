/**
 * The data of the page's script: every sample with every model's answer, as JSON in the page. src/page reads these types. Names
 * are short, because a run may have ten thousand samples.
 */
import type { Analysis, SampleResult } from '../../analyse/analysis.js';
import { isMissing } from '../../quantity.js';
import { looksOf } from '../charts/chart.js';
import { sixDigits } from '../charts/thin.js';
import { formatScore, formatSeconds, plural } from '../format.js';

export interface PageData {
  readonly models: readonly PageModel[];
  readonly tasks: readonly PageTask[];
}

export interface PageModel {
  readonly id: string;
  readonly class: 'slm' | 'llm' | null;
  readonly colour: string;
}

export interface PageTask {
  readonly suite: string;
  readonly name: string;
  readonly samples: readonly PageSample[];
  /** How many samples the task has; the page may hold fewer. */
  readonly total: number;
}

/** A page with more samples than this is too slow in a browser; samples.csv holds them all. */
const MOST_SAMPLES = 20_000;

export interface PageSample {
  readonly id: string;
  readonly group: string | null;
  readonly prompt: readonly { readonly role: string; readonly text: string }[];
  readonly target: string;
  /** One for each model of `PageData.models`; null if the sample was not run. */
  readonly results: readonly (PageResult | null)[];
}

export interface PageResult {
  /** Null if the answer could not be scored. */
  readonly score: number | null;
  readonly output: string;
  readonly answer: string | null;
  readonly failure: string | null;
  readonly finish: string;
  /** A number from 0 to 1, for sorting. */
  readonly confidence: number | null;
  /** The confidence in words. */
  readonly sureness: string;
  /** Seconds, for sorting. */
  readonly e2e: number | null;
  /** All times in words. */
  readonly timings: string;
}

export function pageData(analysis: Analysis): PageData {
  const looks = looksOf(analysis.models);
  const tasks = analysis.suites.flatMap((suite) => suite.tasks.map((task) => ({ suite: suite.name, task })));
  const total = tasks.reduce((sum, { task }) => sum + task.samples.length, 0);
  const step = Math.max(1, Math.ceil(total / MOST_SAMPLES));
  return {
    models: analysis.models.map((model) => ({ id: model.id, class: model.class, colour: looks.get(model.id)!.colour })),
    tasks: tasks.map(({ suite, task }) => ({
      suite,
      name: task.name,
      total: task.samples.length,
      samples: task.samples.flatMap((sample, i): PageSample[] => {
        if (i % step !== 0) return [];
        return [
          {
            id: sample.id,
            group: sample.group,
            prompt: sample.messages.map(({ role, content }) => ({ role, text: content })),
            target: typeof sample.target === 'string' ? sample.target : (JSON.stringify(sample.target) ?? ''),
            results: task.cells.map(({ results }) => resultOf(results[i] ?? null)),
          },
        ];
      }),
    })),
  };
}

/**
 * For a free answer, the geometric mean of the probabilities of its tokens; for a choice, its probability among the likeliest
 * two.
 */
function surenessOf(confidence: SampleResult['confidence']): Pick<PageResult, 'confidence' | 'sureness'> {
  const { mean, margin } = isMissing(confidence) ? {} : confidence;
  const [value, meaning] =
    mean !== undefined
      ? [Math.exp(mean), 'for each token']
      : margin !== undefined
        ? [1 / (1 + Math.exp(-margin)), 'over the next choice']
        : [null, ''];
  return value === null
    ? { confidence: null, sureness: '' }
    : { confidence: sixDigits(value), sureness: `confidence ${formatScore(value)} ${meaning}` };
}

function resultOf(result: SampleResult | null): PageResult | null {
  if (result === null) return null;
  const { score, output, answer, failure, finish, confidence, timings } = result;
  const parts = [
    timings.ttft === undefined ? null : `TTFT ${formatSeconds(timings.ttft)}`,
    timings.e2e === undefined ? null : `e2e ${formatSeconds(timings.e2e)}`,
    timings.itl === undefined ? null : `${formatSeconds(timings.itl)} between tokens`,
    timings.outputTokens === undefined ? null : plural(timings.outputTokens, 'token'),
  ];
  return {
    score,
    output,
    answer,
    failure,
    finish,
    ...surenessOf(confidence),
    e2e: timings.e2e === undefined ? null : sixDigits(timings.e2e),
    timings: parts.filter((part) => part !== null).join(', '),
  };
}
