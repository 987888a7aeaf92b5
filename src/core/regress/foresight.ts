/**
 * What gates will be able to see, before anything is measured. The plan tells how many samples, groups and blocks there are. How much
 * versions disagree and blocks vary, only an earlier run tells (a pilot). Without one, the most that a gate can see is still known of
 * quality: that where every sample that changes is a loss. Of speed and memory nothing is known then, and that is said.
 */
import type { GateDefinition } from '../definition/gate.js';
import type { Limits } from '../definition/requirement.js';
import type { LimitedMetric } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import { sizeForLimits } from '../recommend/limit-size.js';
import { createRandom } from '../stats/basics/random.js';
import { scoreTest } from '../stats/compare/score-test.js';
import { clusterIndices } from '../stats/estimate/clusters.js';
import { type Compared, compareFigure, isSpeed } from './figures.js';
import { rulesOf } from './gate.js';
import { type Burden, type GateRule, gateName, type Looks } from './gate-report.js';
import { FEWEST_BLOCKS } from './interleaved.js';
import { gatePower } from './power.js';
import { qualityPower } from './quality-power.js';

/** The plan of one task. */
export interface PlannedTask {
  readonly task: string;
  /** The group of each sample; null where it has none. */
  readonly groups: readonly (string | null)[];
}

export interface GatePlan {
  readonly tasks: readonly PlannedTask[];
  readonly blocks: number;
  readonly looks: Looks;
}

export interface Foreseen {
  readonly gate: string;
  /** The size of the true loss, as people write it. */
  readonly detect: number;
  readonly metric: LimitedMetric;
  /** How often that loss will be red: as a pilot tells, or at most; or why nothing is known. */
  readonly power:
    | { readonly kind: 'as the pilot tells' | 'at most'; readonly value: number }
    | { readonly kind: 'unknown'; readonly reason: string };
}

export interface Foresight {
  readonly gates: readonly Foreseen[];
  readonly wanted: number;
}

/** The gates that will see too little, whatever is measured. */
export function blindOf({ gates, wanted }: Foresight): readonly Foreseen[] {
  return gates.filter(({ power }) => power.kind !== 'unknown' && power.value < wanted);
}

export function foreseeComparison(definition: GateDefinition, plan: GatePlan, pilot: Compared | null): Foresight {
  const { rules } = rulesOf(definition);
  const level = definition.alpha / Math.max(1, rules.length);
  const gates = rules.map((rule): Foreseen => {
    const { metric, detect } = rule;
    return { gate: gateName(rule), metric, detect, power: powerOf(rule, { plan, pilot, level, definition }) };
  });
  return { gates, wanted: definition.power };
}

interface Asked {
  readonly plan: GatePlan;
  readonly pilot: Compared | null;
  readonly level: number;
  readonly definition: GateDefinition;
}

function powerOf(rule: GateRule, { plan, pilot, level, definition }: Asked): Foreseen['power'] {
  if (isSpeed(rule.metric) && plan.blocks < FEWEST_BLOCKS) return { kind: 'at most', value: 0 };
  if (pilot !== null) return fromPilot(rule, { plan, pilot, level, definition });
  if (rule.metric !== 'quality') return { kind: 'unknown', reason: 'no earlier run says how much it varies' };
  const { samples, clusterSize } = sizesOf(rule, plan);
  if (samples < 2) return { kind: 'at most', value: 0 };
  const best = { samples, discordance: rule.detect, clusterSize, intraclassCorrelation: 0 };
  const lossRule = { by: rule.by, level, looks: plan.looks };
  return { kind: 'at most', value: qualityPower(best, rule.detect, { rule: lossRule, draws: DRAWS }) };
}

const DRAWS = 1_000;

function sizesOf({ task }: GateRule, { tasks }: GatePlan) {
  const own = tasks.filter((one) => task === null || one.task === task || one.task.endsWith(`/${task}`));
  const groups = own.flatMap((one) => one.groups.map((group, i) => `${one.task} ${group ?? `alone ${i}`}`));
  const clusters = groups.length === 0 ? 1 : clusterIndices(groups).length;
  return { samples: groups.length, clusterSize: Math.max(1, Math.round(groups.length / clusters)) };
}

function fromPilot(
  rule: GateRule,
  { plan, pilot, level, definition }: Asked & { readonly pilot: Compared },
): Foreseen['power'] {
  const { test } = compareFigure(rule, pilot);
  if (isMissing(test)) return { kind: 'unknown', reason: `the pilot does not tell, because ${test.missing}` };
  const spread = test.spread && { ...test.spread, units: plan.blocks };
  const { samples } = sizesOf(rule, plan);
  const question = { rule, test: { ...test, spread }, compared: pilot, level, looks: plan.looks, samples };
  const power = gatePower({ ...question, wanted: definition.power });
  return isMissing(power)
    ? { kind: 'unknown', reason: power.missing }
    : { kind: 'as the pilot tells', value: power.power };
}

export interface ForeseenLimit {
  readonly task: string;
  /** Why the limit cannot be judged with so few samples; null where nothing stands against it. */
  readonly blind: string | null;
}

/** A limit is to be shown missed by a model whose score lies this far below it. */
const DETECTED_SCORE = 0.05;

export interface LimitPlan extends PlannedTask {
  readonly limits: Limits;
  readonly repetitions: number;
}

/** Which limits of a run cannot be judged, however it ends. */
export function foreseeLimits(
  tasks: readonly LimitPlan[],
  { alpha, burden, wanted }: { readonly alpha: number; readonly burden: Burden; readonly wanted: number },
): readonly ForeseenLimit[] {
  return tasks.flatMap(({ task, groups, limits, repetitions }): ForeseenLimit[] => {
    const n = groups.length;
    const requests = n * repetitions;
    const size = sizeForLimits(limits, { alpha: alpha / 2, tasks: 1 });
    const { quality } = limits;
    return [
      ...(size === null
        ? []
        : [
            {
              task,
              blind:
                requests >= size.alone
                  ? null
                  : `its limit on a percentile takes ${size.alone} requests, and ${requests} are planned`,
            },
          ]),
      ...(quality === undefined
        ? []
        : [{ task, blind: blindToQuality(quality.min, groups, { alpha, burden, wanted }) }]),
    ];
  });
}

/** Suites that are drawn for the power of a limit. */
const SUITES = 400;

function blindToQuality(
  min: number,
  groups: readonly (string | null)[],
  { alpha, burden, wanted }: { readonly alpha: number; readonly burden: Burden; readonly wanted: number },
): string | null {
  const clusters = groups.map((group, i) => group ?? `alone ${i}`);
  const better = burden === 'shown not worse';
  const score = better ? Math.min(1, min + DETECTED_SCORE) : Math.max(0, min - DETECTED_SCORE);
  const random = createRandom('limits', groups.length, `${min}`);
  let shown = 0;
  for (let suite = 0; suite < SUITES; suite++) {
    const losses = groups.map(() => (random.uniform() < score ? 0 : -1));
    const test = scoreTest(losses, { clusters, range: { low: -1, high: 0 } });
    if ((better ? test.greaterP(min - 1) : test.lessP(min - 1)) <= alpha / 2) shown++;
  }
  const power = shown / SUITES;
  if (power >= wanted) return null;
  const where = better ? 'above' : 'below';
  const what = better ? 'met' : 'missed';
  return `a score 5 points ${where} its limit is shown to have ${what} it in ${(100 * power).toFixed(0)}% of runs, with ${groups.length} samples`;
}
