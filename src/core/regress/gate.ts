/**
 * The rule that turns a build red. A gate is red when the loss is shown and worth it:
 *
 *     shown       its lower bound, at the level that all gates share, lies beyond zero and beyond the noise floor
 *     worth it    the loss that was seen is at least `by`, and at least `min` where the gate has one
 *
 * A strict gate turns the burden of proof round: red unless the loss is shown to be smaller than `by`. A gate that cannot see is
 * blind, and a blind gate is never green: the exit code says that nothing was judged.
 *
 * The level is alpha over the number of gates (Bonferroni). Holm's method would see a little more, but what a gate sees would
 * then depend on the other gates, and could not be said beforehand.
 */
import {
  DEFAULT_GATES,
  type GateDefinition,
  type MeasuredGateName,
  type MetricGate,
  type QualityGate,
} from '../definition/gate.js';
import { taskKey } from '../keys.js';
import type { Level } from '../measure/metric.js';
import { LIMITED, METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { blindness, damage } from './blindness.js';
import { type Compared, compareFigure, type FigureComparison, isSpeed, scoreOf } from './figures.js';
import {
  type Blind,
  type Burden,
  type ChangeGateResult,
  type GateReport,
  type GateResult,
  type GateRule,
  gateName,
  type Looks,
  type RequiredResult,
} from './gate-report.js';
import { changeOfLoss, type LossTest, lossOfShare } from './loss.js';
import { gatePower, type PowerStatement } from './power.js';

export interface GateOptions {
  readonly burden: Burden;
  readonly looks: Looks;
  /** Stating the power takes longer than judging; the default is `stated`. */
  readonly power?: 'stated' | 'not stated';
}

/** Judges every gate of a definition; without one, the default gates that can judge. */
export function judgeGates(
  compared: Compared,
  definition: GateDefinition,
  { burden, looks, power: wanted = 'stated' }: GateOptions,
): GateReport {
  const { alpha } = definition;
  const damaged = damage(compared).map((reason) => ({ gate: 'all gates', reason }));
  if (damaged.length > 0) return { burden, looks, alpha, results: [], blind: damaged, skipped: [] };
  const { rules, isDefault } = rulesOf(definition);
  const reasons = blindness(compared, definition);
  const blind: Blind[] = reasons.map((reason) => ({ gate: 'all gates', reason }));
  const skipped: Blind[] = [];
  const judged: { readonly rule: GateRule; readonly comparison: FigureComparison & { readonly test: LossTest } }[] = [];
  for (const rule of rules.map((one) => withWholeKey(one, compared))) {
    const comparison = compareFigure(rule, compared);
    const { test } = comparison;
    const reason = unknownTask(rule, compared) ?? (isMissing(test) ? test.missing : unusable(test));
    if (reason === null && !isMissing(test)) judged.push({ rule, comparison: { ...comparison, test } });
    else
      (isDefault && rule.metric !== 'quality' ? skipped : blind).push({ gate: gateName(rule), reason: reason ?? '' });
  }
  const errorRate = alpha / Math.max(1, rules.length - skipped.length);
  const results: GateResult[] = judged.map(({ rule, comparison }) => {
    const question = { rule, test: comparison.test, compared, level: errorRate, looks, wanted: definition.power };
    const power = wanted === 'stated' ? gatePower(question) : missing('it was not asked for');
    return judgeChange(rule, comparison, { burden, errorRate, power });
  });
  if (definition.required !== undefined) {
    const { result, unknown } = judgeRequired(definition.required, compared);
    results.push(result);
    blind.push(...unknown.map((id) => ({ gate: 'required', reason: `no sample of the two runs has the id ${id}` })));
  }
  return { burden, looks, alpha, results, blind, skipped };
}

/** How much larger than `by` the change is that a gate must be able to see, unless it says so. */
const DETECTED = { quality: 5 / 3, measured: 2 } as const;

export function rulesOf(definition: GateDefinition): {
  readonly rules: readonly GateRule[];
  readonly isDefault: boolean;
} {
  const named = namedRules(definition);
  const hasOther = definition.required !== undefined || definition.verdict !== undefined;
  if (named.length > 0 || hasOther) return { rules: named, isDefault: false };
  return { rules: namedRules(DEFAULT_GATES), isDefault: true };
}

function namedRules(definition: Partial<GateDefinition>): readonly GateRule[] {
  const qualities = definition.quality === undefined ? [] : [definition.quality].flat();
  return [
    ...qualities.map(qualityRule),
    ...LIMITED.flatMap((metric): readonly GateRule[] => {
      const gate = metric === 'quality' ? undefined : definition[metric];
      return metric === 'quality' || gate === undefined ? [] : [measuredRule(metric, gate)];
    }),
  ];
}

function qualityRule({ by, detect = Math.min(0.99, by * DETECTED.quality), task }: QualityGate): GateRule {
  return { metric: 'quality', level: null, task: task ?? null, by, detect, min: 0 };
}

function measuredRule(metric: MeasuredGateName, { by, detect, min = 0, at }: MetricGate): GateRule {
  const level: Level | null = isSpeed(metric) ? (at ?? METRICS[metric].limit.level ?? 'median') : null;
  return { metric, level, task: null, by, detect: detect ?? Math.min(0.99, by * DETECTED.measured), min };
}

/** A gate may name a task alone or with its suite. */
function withWholeKey(rule: GateRule, { paired }: Compared): GateRule {
  const found = paired.tasks.filter(({ suite, name }) => [name, taskKey(suite, name)].some((key) => key === rule.task));
  return found.length === 1 ? { ...rule, task: taskKey(found[0]!.suite, found[0]!.name) } : rule;
}

function unknownTask({ task }: GateRule, { paired }: Compared): string | null {
  if (task === null || paired.tasks.some(({ suite, name }) => taskKey(suite, name) === task)) return null;
  const shared = paired.tasks.map(({ suite, name }) => taskKey(suite, name)).join(', ');
  return `expected one task that both runs have (${shared || 'none'}), found ${task}`;
}

function unusable({ estimate, n }: LossTest): string | null {
  return Number.isFinite(estimate) && n > 0 ? null : `the change that was seen is no number (${estimate}, n = ${n})`;
}

interface Judging {
  readonly burden: Burden;
  readonly errorRate: number;
  readonly power: PowerStatement | Missing;
}

function judgeChange(
  rule: GateRule,
  { base, candidate, test }: FigureComparison & { readonly test: LossTest },
  { burden, errorRate, power }: Judging,
): ChangeGateResult {
  const by = lossOfShare(rule.metric, rule.by);
  const isShown = isLossShown(test, errorRate);
  const isWorthIt = isLossWorthIt(test, by) && absoluteChange({ base, candidate }) >= rule.min;
  const isRed = burden === 'shown worse' ? isShown && isWorthIt : test.withinP(by) > errorRate;
  const ends = [changeOfLoss(rule.metric, test.low(errorRate)), changeOfLoss(rule.metric, test.high(errorRate))];
  return {
    ...rule,
    kind: 'change',
    state: isRed ? 'red' : 'green',
    base,
    candidate,
    change: { value: changeOfLoss(rule.metric, test.estimate), low: Math.min(...ends), high: Math.max(...ends) },
    n: test.n,
    p: burden === 'shown worse' ? test.worseP(test.floor) : test.withinP(by),
    errorRate,
    floor: Math.abs(changeOfLoss(rule.metric, test.floor)),
    isShown,
    isWorthIt,
    power,
  };
}

function isLossShown({ worseP, floor }: LossTest, errorRate: number): boolean {
  return worseP(Math.max(0, floor)) <= errorRate;
}

/** A loss of exactly `by` is worth it, whatever the last digit of a double. */
function isLossWorthIt({ estimate }: LossTest, by: number): boolean {
  return estimate >= by - 1e-9;
}

function absoluteChange({ base, candidate }: Pick<FigureComparison, 'base' | 'candidate'>): number {
  return isMissing(base) || isMissing(candidate) ? Number.POSITIVE_INFINITY : Math.abs(candidate.value - base.value);
}

/** An answer with this score or a greater one is right. */
const RIGHT = 0.5;

/** A required sample is lost where the new version answers it worse than the base, wrong, or not at all. */
function judgeRequired(ids: readonly string[], { paired, candidate, base }: Compared) {
  const pairs = paired.tasks.flatMap((task) => task.pairs);
  const unknown: string[] = [];
  const lost: RequiredResult['lost'][number][] = [];
  for (const id of new Set(ids)) {
    const ofId = pairs.filter((pair) => pair.base.id === id || pair.candidate.id === id);
    if (ofId.length === 0) {
      const isKnown = [base, candidate].some(({ tasks }) =>
        tasks.some(({ samples }) => samples.some((sample) => sample.id === id)),
      );
      if (isKnown) lost.push({ id, reason: 'only one of the two runs has it' });
      else unknown.push(id);
    }
    for (const pair of ofId) {
      const [before, after] = [scoreOf(pair.base).low, scoreOf(pair.candidate).low];
      if (after < before) lost.push({ id, reason: `its score fell from ${before} to ${after}` });
      else if (after < RIGHT) lost.push({ id, reason: `its score is ${after}` });
    }
  }
  const result: RequiredResult = {
    kind: 'required',
    state: lost.length > 0 ? 'red' : 'green',
    required: ids.length,
    lost,
  };
  return { result, unknown };
}
