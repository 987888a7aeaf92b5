/** Gates in words: what was seen, which part of the rule was not met, and what a gate is able to see. */
import { METRICS } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import {
  type Burden,
  type ChangeGateResult,
  type GateReport,
  type GateResult,
  gateName,
  type LoadResult,
  type RequiredResult,
} from '../regress/gate-report.js';
import type { PowerStatement } from '../regress/power.js';
import { formatChange, formatPoints, formatScore, formatUnit, list, plural } from './format.js';
import { describeCheck, points, VERDICT_NAMES } from './words.js';

/** One sentence for each gate, the red ones first. */
export function describeGates({ results, burden, blind, skipped }: GateReport): readonly string[] {
  const order = results.toSorted((a, b) => Number(b.state === 'red') - Number(a.state === 'red'));
  return [
    ...blind.map(({ gate, reason }) => `${gate}: cannot judge, because ${reason}.`),
    ...order.map((result) => describeGate(result, burden)),
    ...skipped.map(({ gate, reason }) => `${gate}: not gated, because ${reason}.`),
  ];
}

export function describeGate(result: GateResult, burden: Burden): string {
  switch (result.kind) {
    case 'change':
      return describeChange(result, burden);
    case 'required':
      return describeRequired(result);
    case 'verdict':
      return `verdict of ${result.suite}: ${result.state}, because the run says "${VERDICT_NAMES[result.found]}" and "${result.wanted}" is demanded.`;
    case 'limit':
      return `limit of ${result.task} on ${result.model}: ${result.state}, because the limit is ${LIMIT_STATES[result.check.state]}: ${describeCheck(result.check)}.`;
    case 'load':
      return describeLoad(result);
  }
}

function describeLoad({ what, min, model, state, range: { low, high } }: LoadResult): string {
  const missed =
    high === null ? 'no load was shown to be too much' : `an objective is shown to be missed from ${load(high)} on`;
  const held =
    low > 0 ? `all objectives are shown to hold up to ${load(low)}` : 'at no load all objectives are shown to hold';
  return `${what} of ${model}: ${state}, because ${min} are demanded; ${held}, and ${missed}.`;
}

function load(value: number): string {
  return String(Number(value.toPrecision(3)));
}

const LIMIT_STATES = {
  met: 'shown to be met',
  missed: 'shown to be missed',
  undecided: 'neither shown to be met nor to be missed',
  unknown: 'not known',
} as const;

/** Whether everything is green, in one sentence. */
export function describeGateReport({ results, blind }: GateReport): string {
  const red = results.filter(({ state }) => state === 'red');
  if (blind.length > 0) return `The gate is blind: ${plural(blind.length, 'check')} could not judge.`;
  if (results.length === 0) return 'The gate is blind: no gate could judge.';
  if (red.length > 0) return `The gate is red: ${list(red.map(nameOf))}.`;
  return `The gate is green: ${plural(results.length, 'check')} passed.`;
}

export function nameOf(result: GateResult): string {
  switch (result.kind) {
    case 'change':
      return gateName(result);
    case 'required':
      return 'required samples';
    case 'verdict':
      return `verdict of ${result.suite}`;
    case 'limit':
      return `limit of ${result.task}`;
    case 'load':
      return result.what;
  }
}

const MOST_LOST = 5;

function describeRequired({ state, required, lost }: RequiredResult): string {
  if (state === 'green') return `required samples: green, because none of ${required} is lost.`;
  const named = lost.slice(0, MOST_LOST).map(({ id, reason }) => `${id} (${reason})`);
  const more = lost.length > MOST_LOST ? `, and ${lost.length - MOST_LOST} more` : '';
  return `required samples: red, because ${plural(lost.length, 'sample is', 'samples are')} lost: ${named.join('; ')}${more}.`;
}

function describeChange(result: ChangeGateResult, burden: Burden): string {
  return `${gateName(result)}: ${result.state}, because ${burden === 'shown worse' ? whyByRule(result) : whyStrict(result)}. ${seen(result)}`;
}

function whyByRule({ isShown, isWorthIt, metric, by, min, floor, errorRate }: ChangeGateResult): string {
  const bound = floor > 0 ? `beyond the noise floor of ${sizeOf(metric, floor)}` : 'beyond zero';
  const least = min > 0 ? ` and ${formatUnit(min, METRICS[metric].unit)}` : '';
  const shown = `shown ${bound} at an error rate of ${rateOf(errorRate)}`;
  const worth = `at least ${sizeOf(metric, by)}${least}`;
  if (isShown && isWorthIt) return `a loss is ${shown}, and it is ${worth}`;
  if (isShown) return `the loss that was seen is not ${worth}, though a loss is shown`;
  if (isWorthIt) return `a loss is not ${shown}, though what was seen is ${worth}`;
  return `a loss is neither shown nor ${worth}`;
}

function whyStrict({ state, metric, by, errorRate }: ChangeGateResult): string {
  const not = state === 'red' ? 'not ' : '';
  return `the loss is ${not}shown to be smaller than ${sizeOf(metric, by)} at an error rate of ${rateOf(errorRate)}`;
}

function seen({ metric, change: { value, low, high }, p, n, base, candidate }: ChangeGateResult): string {
  const unit = METRICS[metric].unit;
  const values =
    isMissing(base) || isMissing(candidate)
      ? ''
      : ` (${formatUnit(base.value, unit)} to ${formatUnit(candidate.value, unit)})`;
  const form = metric === 'quality' ? (share: number) => `${formatPoints(share)} points` : formatChange;
  return `Seen: ${form(value)}${values}, interval ${form(low)} to ${form(high)}, p ${p < 0.0005 ? '' : '= '}${formatP(p)}, n = ${n}.`;
}

/** `It sees a loss of 5.0 points in 87.0% of builds; …` */
export function describePower({ metric, by }: Pick<ChangeGateResult, 'metric' | 'by'>, power: PowerStatement): string {
  const { detect, wanted, needed, atBy } = power;
  const size = sizeOf(metric, detect);
  const effort =
    needed === null
      ? ''
      : isMissing(needed)
        ? `; ${formatScore(wanted)} takes ${needed.missing}`
        : `; ${formatScore(wanted)} for ${size} takes ${plural(needed.n, needed.unit.slice(0, -1))}`;
  return `sees a loss of ${size} in ${formatScore(power.power)} of builds; a loss of just ${sizeOf(metric, by)} is red in ${formatScore(atBy)} of builds${effort}`;
}

/** A size without a sign: `3.0 points`, `5.0%`. */
export function sizeOf(metric: ChangeGateResult['metric'], share: number): string {
  return metric === 'quality' ? points(share) : formatScore(share);
}

export function formatP(p: number): string {
  return p < 0.0005 ? '< 0.001' : p.toFixed(3);
}

function rateOf(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}
