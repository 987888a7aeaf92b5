/**
 * Gates on a load test: the least load that a model must hold. A gate is red where less is shown: from some load on, and that is at most
 * the wanted one, an objective is shown to be missed. A strict gate is red unless every objective is shown to hold at the wanted load. A
 * test that says nothing about that load is blind.
 */
import type { Condition } from '../definition/condition.js';
import type { GateDefinition } from '../definition/gate.js';
import { tallyAt, whyNoLoad } from '../load/capacity.js';
import type { LoadTest, TestedModel } from '../load/load-test.js';
import { loadOf } from '../load/search-rule.js';
import type { StepResult } from '../load/step.js';
import { metOf } from '../load/tally.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { Blind, GatedLoad, GateReport, LoadResult } from './gate-report.js';
import type { RunGateOptions } from './run-gate.js';

/** The kind of condition that tells of a load. */
const KINDS: Readonly<Record<GatedLoad, Condition['kind']>> = { users: 'users', concurrency: 'closed', rate: 'open' };

export function judgeLoad(test: LoadTest, definition: GateDefinition, { burden, model }: RunGateOptions): GateReport {
  const results: LoadResult[] = [];
  const blind: Blind[] = [];
  const tested = testedModel(test, model);
  const wanted = (Object.keys(KINDS) as GatedLoad[]).flatMap((what) => {
    const min = definition[what]?.min;
    return min === undefined ? [] : [{ what, min }];
  });
  for (const { what, min } of wanted) {
    const range = isMissing(tested) ? tested : shownRange(tested, { test, what, min, alpha: definition.alpha });
    if (isMissing(range) || isMissing(tested)) {
      blind.push({ gate: what, reason: isMissing(range) ? range.missing : '' });
      continue;
    }
    const isTooLittle = range.high !== null && range.high <= min;
    const isGreen = burden === 'shown worse' ? !isTooLittle : range.low >= min;
    results.push({ kind: 'load', state: isGreen ? 'green' : 'red', model: tested.model, what, min, range });
  }
  if (wanted.length === 0) {
    const reason = 'no gate names a load: say `users: { min: 10 }` in the gate of the suite, or --least users=10';
    blind.push({ gate: 'load', reason });
  }
  return { burden, looks: 'once', alpha: definition.alpha, results, blind, skipped: [] };
}

function testedModel({ models }: LoadTest, named: string | null): TestedModel | Missing {
  const names = models.map(({ model }) => model).join(', ');
  const found = models.filter(({ model }) => named === null || model === named);
  if (found.length === 1) return found[0]!;
  return missing(
    named === null
      ? `the test has several models (${names}), and the gate names none: say \`model\` in the gate`
      : `the test has no model ${named}: name one of ${names}`,
  );
}

interface Wanted {
  readonly test: LoadTest;
  readonly what: GatedLoad;
  readonly min: number;
  readonly alpha: number;
}

/** Up to `low` every objective is shown to hold; from `high` on one is shown to be missed. */
function shownRange({ steps, capacity }: TestedModel, wanted: Wanted): LoadResult['range'] | Missing {
  const { test, what, min } = wanted;
  const kind = KINDS[what];
  if (test.objectives.length === 0)
    return missing('nothing must hold under load: name an --objective, or a limit of the suite');
  const own = steps.map(({ result }) => result).filter(({ condition }) => condition.kind === kind);
  if (own.length === 0) return missing(`the test held no step of ${what}: name --${what}, or --find ${what}`);
  if (test.rule !== null)
    return capacity?.load ?? missing(`${whyNoLoad(steps.map(({ result }) => result))}: the test says nothing`);
  const range = rangeOfSteps(own, wanted);
  const isDecided = range.low >= min || (range.high !== null && range.high <= min);
  const near = own.filter(({ condition }) => loadOf(condition) >= min).flatMap(({ objectives }) => objectives);
  const reasons = near.flatMap(({ tally }) => (isMissing(tally) ? [tally.missing] : []));
  if (isDecided || reasons.length < near.length) return range;
  const why = reasons[0] ?? 'no step held as many';
  return missing(`the test says nothing about ${min} ${what}: ${why}`);
}

function rangeOfSteps(steps: readonly StepResult[], { alpha }: Wanted): LoadResult['range'] {
  const tests = steps.reduce((total, { objectives }) => total + objectives.length, 0);
  const metAt = (step: StepResult, level: number) => step.objectives.map((_, i) => metOf(tallyAt(step, i), level));
  const loads = (kept: readonly StepResult[]) => kept.map(({ condition }) => loadOf(condition));
  // To hold, all objectives must; any one that is missed ends it, so these share the error rate.
  const held = steps.filter((step) => metAt(step, alpha).every((met) => met === 'met'));
  const missed = steps.filter((step) => metAt(step, alpha / tests).some((met) => met === 'missed'));
  const high = Math.min(...loads(missed));
  const low = Math.max(0, ...loads(held).filter((load) => load < high));
  return { low, high: Number.isFinite(high) ? high : null };
}
