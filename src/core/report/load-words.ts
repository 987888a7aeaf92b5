/** What a load test found, in sentences, and the question that it answers. */
import { type Condition, conditionText, type ThinkTime } from '../definition/condition.js';
import { type LoadRange, whyNoLoad } from '../load/capacity.js';
import type { WindowFigures } from '../load/figures.js';
import type { LoadTest, TestedModel, TestedStep } from '../load/load-test.js';
import { LOAD_METRICS, type Objective } from '../load/objective.js';
import { loadOf, type SearchRule } from '../load/search-rule.js';
import type { StepSpeed } from '../load/speed.js';
import type { StepResult } from '../load/step.js';
import type { StepRecord } from '../log/log.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { formatCount, formatScore, formatSeconds, formatUnit, list, plural } from './format.js';
import { whyFails } from './load-reasons.js';

/** A load test has no verdict: the question stands where the verdict of a run does. */
export function loadQuestion({ rule }: Pick<LoadTest, 'rule'>): string {
  return rule === null
    ? 'How fast and how well does each model answer under load?'
    : 'How much load does each model hold?';
}

/** `users`, `requests under way` or `requests per second`; missing where the loads of the steps are not of one kind. */
export function loadsOf(conditions: readonly Condition[]): { readonly value: string } | Missing {
  const kinds = new Set(conditions.map(withoutLoad));
  if (kinds.size > 1) return missing('the loads of the steps are not of one kind');
  const [first] = conditions;
  if (first === undefined) return missing('no step came to its end');
  switch (first.kind) {
    case 'closed':
      return { value: 'requests under way' };
    case 'users':
      return { value: 'users' };
    case 'open':
      return first.rate.stretches.length === 0
        ? { value: 'requests per second' }
        : missing('a rate that changes is no single load');
    case 'trace':
      return missing('a trace has no single load');
  }
}

/** Equal for conditions that differ by their load alone. */
function withoutLoad(condition: Condition): string {
  switch (condition.kind) {
    case 'closed':
      return condition.kind;
    case 'users':
      return conditionText({ ...condition, users: 1 });
    case 'open':
      return conditionText({ ...condition, rate: { ...condition.rate, last: 1 } });
    case 'trace':
      return conditionText(condition);
  }
}

/** Why a step ended before its requests were answered or its time was over. */
export const ENDED_EARLY: Readonly<Partial<Record<StepRecord['ending'], string>>> = {
  'rate-limit': 'the server limits its rate',
  errors: 'too many requests failed',
  overloaded: 'the server was too slow for it',
  budget: 'the budget was spent',
};

/** The answer for a model: the greatest load that it holds, and how many answers are right there. There is none without a search. */
export function loadSentences(tested: TestedModel, { rule, objectives }: LoadTest): string[] {
  const { model, capacity, steps } = tested;
  if (rule === null || capacity === null) return [];
  const { load, binding } = capacity;
  const within = objectives.map(objectiveWords).join(' and ');
  const limited =
    steps.at(-1)?.record.ending === 'rate-limit' ? ` The search ended because ${ENDED_EARLY['rate-limit']}.` : '';
  if (load === null)
    return [
      `It is not known how much load ${model} holds with ${within}: ${whyNoLoad(steps.map(({ result }) => result))}.${limited}`,
    ];
  const range = rangeWords(load, rule);
  const bound = binding === null ? '' : ` ${reasonWords(objectives[binding]!, tested, { load, rule })}`;
  return [
    `${placeWords(tested)} ${model} holds ${range}, with ${within}.${bound}${limited}`,
    ...rightWords(load, { rule, steps }),
    ...speedWords(tested),
  ];
}

/** The interval of a search is that of one server: it knows nothing of a machine that others slow down. */
function speedWords({ speedChange, steps }: TestedModel): string[] {
  if (speedChange === null) return [];
  const { slowest, fastest } = speedChange;
  const at = ({ step }: StepSpeed) => conditionText(steps[step]!.result.condition);
  const less = formatScore(1 - slowest.speed / fastest.speed);
  return [
    `With as many requests under way, the server was ${less} slower in step ${slowest.step + 1} (${at(slowest)}) than in step ${fastest.step + 1} (${at(fastest)}): it, or its machine, changed its speed during the test. The interval knows nothing of that, so test it again where nothing else runs.`,
  ];
}

/** `On this machine`, `At api.example.com, asked from a and b,` */
function placeWords({ server: { host }, steps }: TestedModel): string {
  const machines = list([
    ...new Set(steps.flatMap(({ record }) => (record.client.machines ?? []).map(({ name }) => name))),
  ]);
  if (host !== null) return machines === '' ? `At ${host}` : `At ${host}, asked from ${machines},`;
  return `On ${machines === '' ? 'this machine' : machines}`;
}

/** `3 short steps have no figures of their own: 1 and 4 (2 times) users who think 10 s between requests.` */
export function shortStepsSentence(steps: readonly StepResult[], rule: SearchRule): string {
  const times = new Map<string, number>();
  for (const { condition } of steps) {
    const load = loadText(loadOf(condition), rule);
    times.set(load, (times.get(load) ?? 0) + 1);
  }
  const loads = [...times].map(([load, count]) => (count === 1 ? load : `${load} (${plural(count, 'time')})`));
  const have = steps.length === 1 ? 'has' : 'have';
  return `${plural(steps.length, 'short step')} ${have} no figures of ${steps.length === 1 ? 'its' : 'their'} own: ${list(loads)} ${unitWords(rule)}.`;
}

/** `14 users (13 to 15)`, for a table. */
export function rangeText({ value, low, high }: LoadRange, rule: SearchRule): string {
  const unit = rule.find.kind === 'users' ? 'users' : unitWords(rule);
  const shown = (load: number) => loadText(load, rule);
  if (high === null) return `at least ${shown(low)} ${unit}`;
  if (isAtMost({ value, low }, rule)) return `at most ${shown(high)} ${unit}`;
  return `${shown(value)} ${unit} (${shown(low)} to ${shown(high)})`;
}

/** No load is shown to hold, though one may: then the place of the limit is a guess, and is not told. */
export function isAtMost({ value, low }: Pick<LoadRange, 'value' | 'low'>, rule: SearchRule): boolean {
  return low === 0 && loadText(value, rule) !== '0';
}

/** `14 users who think 10 s between requests (90% interval 13 to 15)` */
function rangeWords({ value, low, high }: LoadRange, rule: SearchRule): string {
  const unit = unitWords(rule);
  const shown = (load: number) => loadText(load, rule);
  if (high === null) return `at least ${shown(low)} ${unit}; no load that was tried was shown to be too much`;
  if (isAtMost({ value, low }, rule)) return `at most ${shown(high)} ${unit}; no load that was tried was shown to hold`;
  const confidence = formatCount(Math.round(100 * (1 - 2 * rule.alpha)));
  return `${shown(value)} ${unit} (${confidence}% interval ${shown(low)} to ${shown(high)})`;
}

function unitWords({ find }: SearchRule): string {
  switch (find.kind) {
    case 'users':
      return `users who think ${thinkWords(find.think)} between requests`;
    case 'concurrency':
      return 'requests under way at once';
    case 'rate':
      return 'requests per second';
  }
}

function thinkWords(think: ThinkTime): string {
  switch (think.kind) {
    case 'constant':
      return formatSeconds(think.seconds);
    case 'exp':
    case 'lognormal':
      return `${formatSeconds(think.mean)} on average`;
  }
}

/** Whole users are the whole part of a load. */
function loadText(load: number, { find }: SearchRule): string {
  return find.kind === 'rate' ? String(Number(load.toPrecision(3))) : formatCount(Math.floor(load));
}

function reasonWords(
  objective: Objective,
  tested: TestedModel,
  { load, rule }: { readonly load: LoadRange; readonly rule: SearchRule },
): string {
  const { short } = LOAD_METRICS[objective.metric];
  const why = whyFails(tested, objective, load);
  const because = why === null ? '' : `, because ${why}`;
  if (rule.find.kind === 'rate' || isAtMost(load, rule)) return `Above that, ${short} is the first to fail${because}.`;
  return `At ${formatCount(Math.floor(load.value) + 1)}, ${short} is the first to fail${because}.`;
}

/** `ttft p95 within 500 ms` */
function objectiveWords({ metric, level, bound }: Objective): string {
  const { short, unit, better } = LOAD_METRICS[metric];
  const amount = formatUnit(bound, unit);
  return better === 'lower' ? `${short} ${level} within ${amount}` : `${short} ${level} of at least ${amount}`;
}

/** The step with figures at the load that holds, or next to it (`atOrNextTo`); null where none has. */
export function stepHeld({ capacity, steps }: Pick<TestedModel, 'capacity' | 'steps'>): TestedStep | null {
  return atOrNextTo(capacity?.load ?? null, steps, ({ requestRate }) => !isMissing(requestRate));
}

/** The greatest step up to the load that holds; where there is none, the least above it that may hold too. */
function atOrNextTo(
  load: LoadRange | null,
  steps: readonly TestedStep[],
  has: (figures: WindowFigures) => boolean,
): TestedStep | null {
  if (load === null) return null;
  const loadAt = ({ result }: TestedStep) => loadOf(result.condition);
  const known = steps
    .filter(({ result }) => !isMissing(result.window) && has(result.window))
    .sort((a, b) => loadAt(a) - loadAt(b));
  return (
    known.findLast((step) => loadAt(step) <= load.value) ??
    known.find((step) => loadAt(step) <= (load.high ?? Number.POSITIVE_INFINITY)) ??
    null
  );
}

/** The answers given there. */
function rightWords(
  load: LoadRange,
  { rule, steps }: { readonly rule: SearchRule; readonly steps: readonly TestedStep[] },
): string[] {
  const step = atOrNextTo(load, steps, ({ right }) => !isMissing(right.quality));
  if (step === null || isMissing(step.result.window) || isMissing(step.result.window.right.quality)) return [];
  const { quality } = step.result.window.right;
  return [
    `Of the answers at ${loadText(loadOf(step.result.condition), rule)}, ${formatScore(quality.value)} [${formatScore(quality.low)}, ${formatScore(quality.high)}] are right.`,
  ];
}
