/**
 * What each title of a report claims, checked against the analysis behind it by other code than that which wrote the title. A title
 * of a known form is taken apart; a title of no known form is a fault as well.
 */
import type { Analysis, Overall } from '../../src/core/analyse/analysis.js';
import { isMissing } from '../../src/core/quantity.js';
import type { Comparison } from '../../src/core/recommend/comparison.js';
import type { Recommendation, SuiteRecommendation } from '../../src/core/recommend/recommendation.js';
import { looksOf } from '../../src/core/report/charts/chart.js';
import { buildCharts } from '../../src/core/report/charts/table.js';
import { decisiveComparison } from '../../src/core/report/decisive.js';
import { devicesOf } from '../../src/core/report/devices-of.js';
import { verdictTable } from '../../src/core/report/document/answer.js';
import { modelTable } from '../../src/core/report/document/brief.js';
import { criteriaTable } from '../../src/core/report/document/criteria.js';
import { percentileTables } from '../../src/core/report/document/percentiles.js';
import type { Block, Chart, Table, TableCell } from '../../src/core/report/document.js';
import { formatCell, formatCount, formatScore, formatSeconds } from '../../src/core/report/format.js';
import { headlineOf } from '../../src/core/report/headline.js';
import { describeSuite, describeTask } from '../../src/core/report/words.js';
import { LOST_ANSWERS } from '../../src/core/stats/compare/noninferiority.js';
import type { Estimate } from '../../src/core/stats/estimate/estimate.js';

interface Case {
  readonly analysis: Analysis;
  readonly recommendation: Recommendation;
}

/** Every claim of a report that is not true. */
export function faultsOf(given: Case): string[] {
  const { analysis, recommendation } = given;
  const charts = buildCharts(analysis, recommendation)[0]!.charts.filter((chart): chart is Chart => 'spec' in chart);
  return [
    ...charts.flatMap((chart) => titleFaults(chart, given)),
    ...charts.flatMap(wordFaults),
    // Qualities are drawn at random beside the answers, so bounds that come from the answers need not hold them.
    ...charts.filter(({ name }) => name !== 'quality-by-task').flatMap(({ name, spec }) => intervalFaults(name, spec)),
    ...tableFaults(given),
    ...headlineFaults(recommendation.suites[0]!),
    ...rowFaults(recommendation.suites[0]!),
    ...lookFaults(analysis),
  ];
}

type Oracle = (match: Readonly<Record<string, string | undefined>>, given: Case, chart: Chart) => boolean;

const SCORE = String.raw`\d+\.\d%`;
/** The models among whom one is the best. */
const AMONG = String.raw`(?: of the (?<among>\d+) shown models that answered every sample and miss no limit)?`;

/** By the beginning of a chart's name: each form of its title, and whether what it says is true. */
const ORACLES: Readonly<Record<string, readonly (readonly [form: RegExp, isTrue: Oracle])[]>> = {
  'quality-by-task': [
    [
      /^(?<model>\S+) scores (?<score>\S+) \[\S+ \S+\] on (?<task>\S+)$/,
      ({ model, task, score }, given) =>
        cells(given).length === 1 && formatScore(qualityOf(given, model!, task!)!.value) === score,
    ],
    [
      /^No model meets the limit on quality on (?<tasks>.+)$/,
      ({ tasks }, given) => {
        const missed = given.recommendation.suites[0]!.tasks.filter(({ task, checks }) =>
          checks
            .filter(({ model }) => qualityOf(given, model, task) !== null)
            .every(({ checks: limits }) =>
              limits.some(({ limit, state }) => limit === 'quality' && state === 'missed'),
            ),
        );
        return (
          missed
            .map(({ task }) => task)
            .filter((task) => cells(given).some((cell) => cell.task === task))
            .join(', ') === tasks
        );
      },
    ],
    [
      new RegExp(
        `^Quality runs from (?<low>${SCORE}) \\((?<a>\\S+) on (?<s>\\S+)\\) to (?<high>${SCORE}) \\((?<b>\\S+) on (?<t>\\S+)\\)$`,
      ),
      ({ low, a, s, high, b, t }, given) => {
        const [worst, best] = [qualityOf(given, a!, s!)!, qualityOf(given, b!, t!)!];
        return (
          isRange(given, low!, high!) &&
          formatScore(worst.value) === low &&
          formatScore(best.value) === high &&
          worst.high < best.low
        );
      },
    ],
    [
      new RegExp(`^Quality was seen from (?<low>${SCORE}) to (?<high>${SCORE}); the intervals of both ends overlap$`),
      ({ low, high }, given) => isRange(given, low!, high!),
    ],
  ],
  'who-is-right': [
    [
      /^Both models are right and wrong on the same samples of /,
      (_, given) => counted(given).every(({ small, large }) => small + large === 0),
    ],
    [
      /^(?<task>\S+): only the large model is right on (?<large>\d+) of (?<n>[\d,]+) samples?, the greatest share of all tasks; only the small one on (?<small>\d+)$/,
      ({ task, large, n, small }, given) => {
        const all = counted(given);
        const found = all.find((one) => one.task === task)!;
        return (
          found.large === Number(large) &&
          found.small === Number(small) &&
          found.n === Number(n) &&
          all.every((one) => one === found || one.large / one.n < found.large / found.n)
        );
      },
    ],
    [
      /^Only the small model is right on (?<small>[\d,]+) samples?, and only the large one on (?<large>[\d,]+)$/,
      ({ small, large }, given) => {
        const sum = (pick: (one: ReturnType<typeof counted>[number]) => number) =>
          formatCount(counted(given).reduce((total, one) => total + pick(one), 0));
        return sum((one) => one.small) === small && sum((one) => one.large) === large;
      },
    ],
  ],
  'quality-': [
    [
      /^No shown model that answered every sample meets every limit$/,
      (_, given, chart) => rivals(given, chart).length === 0,
    ],
    [
      /^Of the shown models only (?<model>\S+) \(.*\) answered every sample and misses no limit$/,
      ({ model }, given, chart) =>
        rivals(given, chart)
          .map((one) => one.model)
          .join() === model,
    ],
    [
      new RegExp(`^(?<model>\\S+) is the best in quality and (?:the first to begin|the \\S+)${AMONG}$`),
      ({ model, among }, given, chart) => {
        const all = rivals(given, chart);
        const best = all.find((one) => one.model === model)!;
        return (
          isAmong(among, given, chart) &&
          all.every((one) => one === best || (one.quality.high < best.quality.low && isBetter(best.x, one.x, 'shown')))
        );
      },
    ],
    [
      new RegExp(
        `^(?<model>\\S+) was seen to be the best in quality and (?:the first to begin|the \\S+?)${AMONG}, but the intervals of others overlap its own$`,
      ),
      ({ model, among }, given, chart) => {
        const all = rivals(given, chart);
        const best = all.find((one) => one.model === model)!;
        const isShown = (one: (typeof all)[number]) =>
          one.quality.high < best.quality.low && isBetter(best.x, one.x, 'shown');
        return (
          isAmong(among, given, chart) &&
          all.every(
            (one) => one === best || (one.quality.value <= best.quality.value && !isBetter(one.x, best.x, 'seen')),
          ) &&
          all.some((one) => one !== best && !isShown(one))
        );
      },
    ],
    [
      new RegExp(`^Best trade-offs seen(?:, (?<n>\\d+))?${AMONG}: (?:from )?(?<list>.+)$`),
      ({ n, among, list }, given, chart) => {
        const found = rivals(given, chart);
        const front = found.filter((one) => !found.some((other) => dominates(other, one)));
        const named = front.filter(({ model, quality }) => list!.includes(`${model} (${formatScore(quality.value)}, `));
        return n === undefined
          ? named.length === front.length && isAmong(among, given, chart)
          : Number(n) === front.length && Number(among) === found.length && named.length >= 2;
      },
    ],
  ],
  ttft: [[/^Median time to first token: (?<list>.+)$/, ({ list }, given) => areMedians(list!, given, 'ttft')]],
  e2e: [[/^Median end-to-end latency: (?<list>.+)$/, ({ list }, given) => areMedians(list!, given, 'e2e')]],
  'ttft-by-prompt': [
    [/^Longer prompts are not shown to take longer to the first token$/, (_, given) => risingLines(given).length === 0],
    [
      /^(?<model>\S+) reads prompts fastest: /,
      ({ model }, given) => {
        const all = lines(given);
        const rate = all.find((one) => one.model === model)!.line.rate as Estimate;
        return all.every((one) => one.model === model || (!isMissing(one.line.rate) && one.line.rate.high < rate.low));
      },
    ],
    [
      /^Prompts are read at (?<rates>.+)$/,
      ({ rates }, given) =>
        risingLines(given).length > 0 &&
        lines(given).every(
          ({ model }) => !rates!.includes(`(${model})`) || risingLines(given).some((rising) => rising.model === model),
        ),
    ],
  ],
  memory: [
    [
      /needs/,
      (_, { analysis, recommendation }, { title }) => {
        const { models } = devicesOf(analysis, recommendation.suites[0]!);
        const holds = /the smallest device that holds all: (?<device>.+)$/.exec(title)?.groups?.device;
        return (
          holds === undefined ||
          models.every(({ devices }) =>
            devices.every(({ device, state }) => device !== holds || state !== 'does not fit'),
          )
        );
      },
    ],
  ],
  'quality-difference': [
    [
      /^(?<k>\d+) of (?<n>\d+) comparisons? shows? an SLM that is worse by less than /,
      ({ k, n }, { recommendation }) => {
        const tested = recommendation.suites[0]!.tasks.flatMap(({ comparisons }) => comparisons).filter(
          ({ test }) => !isMissing(test),
        );
        return (
          tested.length === Number(n) &&
          tested.filter(({ decision }) => decision === 'non-inferior').length === Number(k)
        );
      },
    ],
  ],
  drift: [
    [
      /^The decode rate changed over the run: (?<list>.+)$/,
      ({ list }, { analysis }) => {
        const known = analysis.models.filter(({ drift }) => !isMissing(drift));
        const changed = known.filter(({ drift }) => !isMissing(drift) && drift.p < 0.01 / known.length);
        return changed.length > 0 && (changed.length > 4 || changed.every(({ id }) => list!.includes(id)));
      },
    ],
  ],
  parity: [
    [
      /^Variants of a model give the same answer on at least (?<share>\S+) of samples/,
      ({ share }, { analysis }) => {
        const shares = analysis.suites[0]!.parity.map(({ sameOutput, n }) => sameOutput / n);
        return Math.min(...shares) < 1 && formatScore(Math.min(...shares)) === share;
      },
    ],
  ],
  'break-even': [
    [
      /^From (?<n>[\d,]+) requests a month, .* with (?<model>\S+) costs less than (?<instead>\S+)$/,
      ({ model }, { recommendation }) =>
        recommendation.suites[0]!.tasks.every(
          ({ checks, comparisons }) =>
            checks.every((one) => one.model !== model || one.state !== 'fails') &&
            comparisons.every(({ candidate, isOut }) => candidate !== model || !isOut),
        ),
    ],
  ],
  confusion: [
    [
      /^(?<task>\S+): (?<which>the most frequent mistake|one of the most frequent mistakes) of (?<model>\S+) is (?<answer>.+) for (?<target>\S+) \((?<n>\d+) times\)$/,
      ({ task, which, model, n }, { analysis }) => {
        const { samples, cells: all } = analysis.suites[0]!.tasks.find(({ name }) => name === task)!;
        const counts = new Map<string, number>();
        all
          .find((cell) => cell.model === model)!
          .results.forEach((result, i) => {
            const target = samples[i]!.target as string;
            if (result === null || result.answer === target) return;
            const key = `${result.answer !== null && samples.some((one) => one.target === result.answer) ? result.answer : ''} for ${target}`;
            counts.set(key, (counts.get(key) ?? 0) + 1);
          });
        const [first, second] = [...counts.values()].sort((a, b) => b - a);
        return first === Number(n) && first >= 5 && (which === 'the most frequent mistake') === (first !== second);
      },
    ],
  ],
  cascade: [
    [
      /^(?<task>\S+): the cascade keeps the quality of (?<large>\S+) \((?<quality>\S+)\) if \S+ answers (?<share>\S+) of requests$/,
      ({ task, large, quality, share }, given) =>
        triedOn(given, task!).some(
          (one) =>
            one.verdict === 'passes' &&
            one.large === large &&
            !isMissing(one.evaluation) &&
            !isMissing(one.evaluation.quality) &&
            formatScore(one.evaluation.deferred) === share &&
            formatScore(one.evaluation.quality.value) === quality,
        ),
    ],
    [
      /^(?<task>\S+): (?<small>\S+?),? (?:then|with) (?<large>\S+?),? (?:is|behind it is) not shown to (?<what>be as good|be cheaper|meet the limits)/,
      ({ task, small, large }, given) =>
        triedOn(given, task!).some(
          (one) => one.small === small && one.large === large && one.verdict.startsWith('not shown'),
        ),
    ],
    [
      /^(?<task>\S+): it is not shown yet whether (?<small>\S+) alone fits$/,
      ({ task, small }, { recommendation }) =>
        recommendation.suites[0]!.tasks.find((one) => one.task === task)!.comparisons.every(
          ({ candidate, isOut }) => candidate !== small || !isOut,
        ),
    ],
  ],
  itl: [
    [
      /^Median gap between tokens: (?<list>.+)$/,
      ({ list }, { analysis }) =>
        areOrdered(
          [...list!.matchAll(/(?<number>[\d.,]+) (?<unit>µs|ms|s) \((?<model>[^)]+)\)/g)].map(({ groups }) => {
            const { gaps } = analysis.suites[0]!.overall.find(({ model }) => model === groups!.model)!;
            const isSaid =
              !isMissing(gaps) && formatSeconds(gaps.quantiles[50]!) === `${groups!.number} ${groups!.unit}`;
            return isSaid ? gaps.quantiles[50]! : Number.NaN;
          }),
        ),
    ],
  ],
  'prefill-rate': [[/^Median prefill rate: (?<list>.+)$/, ({ list }, given) => areRates(list!, given, 'prefillRate')]],
  'decode-rate': [[/^Median decode rate: (?<list>.+)$/, ({ list }, given) => areRates(list!, given, 'decodeRate')]],
};

/** The longest beginning that is known is the most specific. */
function titleFaults(chart: Chart, given: Case): string[] {
  const [name] = Object.keys(ORACLES)
    .filter((key) => chart.name.startsWith(key))
    .sort((a, b) => b.length - a.length);
  const forms = name === undefined ? [] : ORACLES[name]!;
  for (const [form, isTrue] of forms) {
    const match = form.exec(chart.title);
    if (match) return isTrue(match.groups ?? {}, given, chart) ? [] : [`${chart.name}: ${chart.title}`];
  }
  return [`${chart.name} has a title of no known form: ${chart.title}`];
}

function wordFaults({ name, title, note, alt }: Chart): string[] {
  const text = `${title}\n${note}\n${alt}`;
  return /NaN|undefined|Infinity|\[object|null/.test(text) ? [`${name} says nothing: ${text.slice(0, 200)}`] : [];
}

/** Rows that a chart draws: each value lies within its interval, and each length has a sign that its scale allows. */
function intervalFaults(chart: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => intervalFaults(chart, item));
  if (typeof value !== 'object' || value === null) return [];
  const row = value as Readonly<Record<string, unknown>>;
  const bounds = [
    ['value', 'low', 'high'],
    ['score', 'low', 'high'],
    ['x', 'xLow', 'xHigh'],
    ['quality', 'qualityLow', 'qualityHigh'],
  ].map((fields) => fields.map((field) => row[field]));
  const outside = bounds.some(
    ([seen, low, high]) =>
      typeof seen === 'number' && typeof low === 'number' && typeof high === 'number' && !(low <= seen && seen <= high),
  );
  return [
    ...(outside ? [`${chart}: a value outside its interval: ${JSON.stringify(row)}`] : []),
    ...Object.values(row).flatMap((child) => intervalFaults(chart, child)),
  ];
}

/** Numbers of tables: an estimate lies within its interval, and no cell says nothing. */
function tableFaults({ analysis, recommendation }: Case): string[] {
  const [suite, recommended] = [analysis.suites[0]!, recommendation.suites[0]!];
  const tables = [
    criteriaTable(analysis, suite, recommended),
    modelTable(analysis, suite),
    ...tablesIn(percentileTables(suite)),
  ];
  return tables.flatMap(({ label, rows }) =>
    rows.flat().flatMap((cell) => {
      const isOutside = cell.kind === 'estimate' && !(cell.low <= cell.value && cell.value <= cell.high);
      const isNothing =
        /NaN|undefined|Infinity|null/.test(formatCell(cell)) || (cell.kind === 'missing' && cell.reason === '');
      return isOutside || isNothing ? [`${label}: ${JSON.stringify(cell)}`] : [];
    }),
  );
}

function tablesIn(blocks: readonly Block[]): Table[] {
  return blocks.flatMap((block) =>
    block.kind === 'table' ? [block] : block.kind === 'section' ? tablesIn(block.body) : [],
  );
}

function triedOn({ recommendation }: Case, task: string) {
  return recommendation.suites[0]!.tasks.find((one) => one.task === task)!.cascades;
}

function areOrdered(values: readonly number[]): boolean {
  return values.length > 0 && values.every((value, i) => value >= (values[i - 1] ?? value));
}

/** The fastest first, each with the median of its model; where requests are late only the order is known here. */
function areRates(list: string, { analysis }: Case, metric: 'prefillRate' | 'decodeRate'): boolean {
  const said = [...list.matchAll(/(?<number>[\d.,]+) tok\/s \((?<model>[^)]+)\)/g)].map(({ groups }) => groups!);
  const numbers = said.map(({ number }) => Number(number!.replaceAll(',', '')));
  const areMedians = said.every(({ model }, i) => {
    const distribution = analysis.suites[0]!.overall.find((one) => one.model === model)!.metrics[metric];
    if (isMissing(distribution)) return false;
    const { n, ascending } = distribution;
    if (n > ascending.length) return true;
    const median = (ascending[Math.ceil(n / 2) - 1]! + ascending[Math.floor(n / 2)]!) / 2;
    return Math.abs(numbers[i]! / median - 1) < 0.006;
  });
  return areMedians && areOrdered(numbers.toReversed());
}

function cells({ analysis }: Case) {
  return analysis.suites[0]!.tasks.flatMap((task) => task.cells).filter(({ quality }) => !isMissing(quality));
}

/** With the interval that decides a limit, where there is one: it is the one that a reader sees. */
function qualityOf({ analysis, recommendation }: Case, model: string, task: string): Estimate | null {
  const limit = recommendation.suites[0]!.tasks.find((one) => one.task === task)
    ?.checks.find((one) => one.model === model)
    ?.checks.find((check) => check.limit === 'quality');
  if (limit !== undefined && 'value' in limit.observed && 'low' in limit.observed) return limit.observed as Estimate;
  const quality = analysis.suites[0]!.tasks.find(({ name }) => name === task)?.cells.find(
    (cell) => cell.model === model,
  )?.quality;
  return quality === undefined || isMissing(quality) ? null : quality;
}

function isRange(given: Case, low: string, high: string): boolean {
  const values = cells(given).flatMap(({ quality }) => (isMissing(quality) ? [] : [quality.value]));
  return formatScore(Math.min(...values)) === low && formatScore(Math.max(...values)) === high;
}

/** Samples on which only one of the two models of a task's row is right, from the answers themselves. */
function counted({ analysis, recommendation }: Case) {
  const { tasks, verdict } = recommendation.suites[0]!;
  return tasks.flatMap((task, i) => {
    const pair = decisiveComparison(task, verdict);
    if (pair === null) return [];
    const results = (model: string) =>
      analysis.suites[0]!.tasks[i]!.cells.find((cell) => cell.model === model)!.results;
    const scores = results(pair.candidate).map(
      (result, s) => [result?.score ?? null, results(pair.reference)[s]?.score ?? null] as const,
    );
    const both = scores.filter((score): score is readonly [number, number] => score[0] !== null && score[1] !== null);
    const only = (winner: 0 | 1) => both.filter((score) => score[winner] >= 0.5 && score[1 - winner]! < 0.5).length;
    return both.length === 0 ? [] : [{ task: task.task, n: both.length, small: only(0), large: only(1) }];
  });
}

interface Rival {
  readonly model: string;
  readonly quality: Estimate;
  readonly x: { readonly value: number; readonly low: number; readonly high: number };
}

/** More than one in twenty of its answers on a task has no score. */
function lostAnswers({ analysis }: Case, id: string): boolean {
  return analysis.suites[0]!.tasks.some(({ cells }) => {
    const asked = cells.find(({ model }) => model === id)!.results.flatMap((result) => result ?? []);
    const lost = asked.map(({ score, unscored, repetitions }) => (score === null ? repetitions : unscored));
    const trials = asked.reduce((sum, { repetitions }) => sum + repetitions, 0);
    return lost.reduce((sum, n) => sum + n, 0) > trials / 20;
  });
}

/** The models with a point that answered every sample, lost no answers and miss no limit. */
function rivals(given: Case, chart: Chart): Rival[] {
  const { analysis, recommendation } = given;
  const suite = analysis.suites[0]!;
  const answered = (model: string) =>
    suite.tasks.reduce((sum, task) => sum + task.cells.find((cell) => cell.model === model)!.trials.recorded, 0);
  const most = Math.max(...analysis.models.map(({ id }) => answered(id)));
  return pointsOf(chart).flatMap((point): Rival[] => {
    const { quality } = suite.overall.find(({ model }) => model === point.model)!;
    const misses = recommendation.suites[0]!.tasks.some(({ checks }) =>
      checks.some((one) => one.model === point.model && one.checks.some(({ state }) => state === 'missed')),
    );
    if (isMissing(quality) || misses || answered(point.model) < most || lostAnswers(given, point.model)) return [];
    return [{ model: point.model, quality, x: { value: point.x, low: point.xLow, high: point.xHigh } }];
  });
}

/** Who is the best of some says so, and says of how many. */
function isAmong(among: string | undefined, given: Case, chart: Chart): boolean {
  const all = rivals(given, chart);
  const rest = given.analysis.models.filter(({ id }) => all.every(({ model }) => model !== id));
  return among === undefined ? rest.length === 0 : Number(among) === all.length && rest.length > 0;
}

interface Drawn {
  readonly model: string;
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
}

function pointsOf({ spec }: Chart): readonly Drawn[] {
  return (spec.data as { readonly values: readonly Drawn[] }).values;
}

type X = Rival['x'];

/** Cheaper and quicker is better. */
function isBetter(a: X, b: X, how: 'seen' | 'shown'): boolean {
  return how === 'seen' ? a.value < b.value : a.high < b.low;
}

function dominates(a: Rival, b: Rival): boolean {
  const noWorse = a.quality.value >= b.quality.value && !isBetter(b.x, a.x, 'seen');
  return noWorse && (a.quality.value > b.quality.value || isBetter(a.x, b.x, 'seen'));
}

/** Each median by its model, in ascending order; late requests are later than every value. */
function areMedians(list: string, { analysis }: Case, metric: 'ttft' | 'e2e'): boolean {
  const medians = analysis.suites[0]!.overall.flatMap(({ model, metrics }: Overall) => {
    const distribution = metrics[metric];
    if (isMissing(distribution)) return [];
    const { n, ascending } = distribution;
    return [
      {
        model,
        value:
          n / 2 > ascending.length ? Number.POSITIVE_INFINITY : medianNear(distribution.quantiles, n, ascending.length),
      },
    ];
  });
  const named = [...list.matchAll(/(?:(?<number>[\d.,]+) (?<unit>µs|ms|s|min)|not reached) \((?<model>[^)]+)\)/g)].map(
    ({ groups }) => groups!,
  );
  const order = named.map(({ model }) => medians.find((one) => one.model === model)!.value);
  const isAscending = order.every((value, i) => i === 0 || value >= order[i - 1]!);
  const areRight = named.every(({ number, unit }, i) =>
    number === undefined ? order[i] === Number.POSITIVE_INFINITY : formatSeconds(order[i]!) === `${number} ${unit}`,
  );
  return isAscending && areRight && named.length > 0 && order[0] === Math.min(...medians.map(({ value }) => value));
}

function medianNear(quantiles: readonly number[], n: number, answered: number): number {
  return quantiles[Math.round((50 * n) / answered)] ?? Number.POSITIVE_INFINITY;
}

function lines({ analysis }: Case) {
  return analysis.suites[0]!.overall.flatMap(({ model, ttftLine }) =>
    isMissing(ttftLine) ? [] : [{ model, line: ttftLine }],
  );
}

/** Those whose times rise with the prompt beyond chance, although several lines were looked at. */
function risingLines(given: Case) {
  const all = lines(given);
  return all.filter(({ line: { trend, rate } }) => {
    if (isMissing(trend) || isMissing(rate)) return false;
    const upwards = trend.tau > 0 ? trend.p / 2 : 1 - trend.p / 2;
    return upwards * all.length < 0.025;
  });
}

/** The headline counts what the rows say. */
function headlineFaults(recommended: SuiteRecommendation): string[] {
  const headline = headlineOf(recommended);
  const { tasks, verdict } = recommended;
  if (verdict.kind === 'one-class' || verdict.kind === 'not-measured') return [];
  const count = (kind: string) => tasks.filter((task) => task.verdict.kind === kind).length;
  const forms: readonly (readonly [kind: string, form: RegExp])[] = [
    ['slm-fits', /^A small model is (?:(?:shown to be )?enough for (?<n>all \d+|\d+|none|the task)|not shown)/],
    ['cascade', /(?<n>It|\d+) needs? both/],
    ['llm-needed', /(?<n>It|\d+) needs? a large one/],
    ['nothing-passes', /(?<n>It|\d+) ha(?:s|ve) no model that will do/],
    ['inconclusive', /(?<n>It|\d+) (?:is|are) open/],
    ['one-class', /(?<n>It|\d+) (?:was|were) run on one class alone/],
    ['not-measured', /(?<n>It|\d+) (?:was|were) not measured/],
  ];
  return forms.flatMap(([kind, form]) => {
    const said = form.exec(headline)?.groups?.n ?? '0';
    const n = said === 'the task' || said === 'It' ? 1 : said === 'none' ? 0 : Number(said.replace('all ', ''));
    return n === count(kind) ? [] : [`${headline} (${kind}: ${count(kind)})`];
  });
}

/** Headline, row and reason are about the same models, and the numbers of a row belong together. */
function rowFaults(recommended: SuiteRecommendation): string[] {
  const table = verdictTable(recommended, ['task', 'verdict', 'small', 'large', 'difference', 'n']);
  const sentence = describeSuite(recommended);
  return recommended.tasks.flatMap((task, i) => {
    const comparison = decisiveComparison(task, recommended.verdict);
    const reason = task.verdict.kind === 'slm-fits' ? describeTask(task, recommended.verdict) : '';
    if (comparison === null || isMissing(comparison.scores)) return [];
    const { candidate } = comparison;
    const assigned = new RegExp(`(?:: | use |; )(\\S+) for [^;.]*\\b${task.task}\\b`).exec(sentence)?.[1];
    const isKnown =
      assigned === undefined ||
      recommended.tasks.some(({ comparisons }) => comparisons.some((one) => one.candidate === assigned));
    return [
      ...(task.verdict.kind === 'slm-fits' && !reason.startsWith(`${candidate} fits`)
        ? [`row of ${candidate}, reason: ${reason}`]
        : []),
      ...(task.verdict.kind === 'slm-fits' && isKnown && assigned !== undefined && assigned !== candidate
        ? [`row of ${candidate}, headline: ${sentence}`]
        : []),
      ...numberFaults(table, i, comparison),
    ];
  });
}

function numberFaults(
  { columns, rows }: Table,
  row: number,
  { scores, test }: Pick<Comparison, 'scores' | 'test'>,
): string[] {
  const cell = (title: string): TableCell | undefined =>
    rows[row]![columns.findIndex((column) => column.title === title)];
  const [small, large, difference] = [cell('Small'), cell('Large'), cell('Difference, points')];
  if (small?.kind !== 'quantity' || large?.kind !== 'quantity' || difference?.kind !== 'difference') return [];
  // Where answers were lost, the difference of the others need not be possible.
  const isLost = !isMissing(test) && test.difference.warnings.includes(LOST_ANSWERS);
  const isSame =
    (isLost || Math.abs(small.value - large.value - difference.value) < 1e-9) &&
    !isMissing(scores) &&
    small.value === scores.candidate;
  const isInside = difference.low <= difference.value && difference.value <= difference.high;
  const isDrawn =
    difference.axis[0] <= Math.min(difference.low, -difference.margin) && difference.axis[1] >= difference.high;
  return isSame && isInside && isDrawn
    ? []
    : [`the numbers of row ${row + 1} do not belong together: ${JSON.stringify([small, large, difference])}`];
}

/** No two models of a report look alike, up to sixteen of a class. */
function lookFaults({ models }: Analysis): string[] {
  const looks = [...looksOf(models).values()];
  const points = new Set(looks.map(({ colour, shape }) => `${colour} ${shape}`));
  const strokes = new Set(looks.map(({ colour, dash }) => `${colour} ${dash.join()}`));
  return points.size === looks.length && strokes.size === looks.length ? [] : ['two models look alike'];
}
