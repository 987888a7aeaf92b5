/**
 * How often a true loss of quality is red. Without groups only the numbers of samples that were gained and lost decide, and the
 * power is summed over them, so it has no error of simulation. In groups suites are drawn, and the rule judges each.
 *
 * A second look asks the same samples again. Where answers do not vary from one asking to the next, it finds what the first found,
 * and costs no power.
 */
import { binomialCdf, binomialPmf } from '../stats/basics/distributions.js';
import { mean } from '../stats/basics/moments.js';
import { createRandom, type Seed } from '../stats/basics/random.js';
import { drawSuite } from '../stats/compare/power.js';
import { groupsToDraw, scoreTest } from '../stats/compare/score-test.js';
import { designEffect } from '../stats/estimate/clusters.js';
import { type LossRule, unitPower } from './unit-power.js';

export interface QualityPlan {
  readonly samples: number;
  /** Mean squared difference of the scores; of scores of 0 and 1 the share on which two versions disagree. */
  readonly discordance: number;
  readonly clusterSize: number;
  readonly intraclassCorrelation: number;
}

export interface QualityDrawing {
  readonly rule: LossRule;
  /** How many suites are drawn if the samples are in groups. */
  readonly draws: number;
  readonly seed?: Seed;
}

/** The mean of more samples than this is taken as normal, so they need not be judged one by one. */
const MOST_JUDGED_SAMPLES = 4_000;
/** Draws of a normal mean are cheap. */
const NORMAL_DRAWS = 2_000;

export function qualityPower(plan: QualityPlan, loss: number, drawing: QualityDrawing): number {
  const discordance = Math.min(1, Math.max(plan.discordance, loss));
  const whole = { ...plan, discordance };
  if (plan.samples > MOST_JUDGED_SAMPLES) return normalPower(whole, loss, drawing);
  return plan.clusterSize > 1 ? drawnPower(whole, loss, drawing) : countedPower(whole, loss, drawing.rule);
}

function normalPower(plan: QualityPlan, loss: number, { rule, seed = 0 }: QualityDrawing): number {
  const effect = designEffect(plan.clusterSize, plan.intraclassCorrelation);
  const deviation = Math.sqrt(Math.max(0, plan.discordance - loss ** 2) * effect);
  const spread = { units: plan.samples, deviation, floorDeviation: 0 };
  return unitPower(spread, loss, { rule: { ...rule, looks: 'once' }, draws: NORMAL_DRAWS, seed });
}

function drawnPower(plan: QualityPlan, loss: number, { rule, draws, seed = 0 }: QualityDrawing): number {
  const { samples, clusterSize } = plan;
  const random = createRandom(seed, 'power of a gate', samples);
  const clusters = Array.from({ length: samples }, (_, i) => Math.floor(i / clusterSize));
  let red = 0;
  for (let draw = 0; draw < draws; draw++) {
    const { candidate, reference } = drawSuite(samples, { ...plan, difference: -loss }, random);
    const differences = candidate.map((score, i) => score - reference[i]!);
    if (isRed(differences, clusters, rule)) red++;
  }
  return red / draws;
}

/** Less probability than this changes no power. */
const NEGLIGIBLE = 1e-9;

/** For each number of gains, the losses from which on a suite is red. The more were gained, the more must be lost. */
function countedPower({ samples, discordance }: QualityPlan, loss: number, rule: LossRule): number {
  const [gained, lost] = [(discordance - loss) / 2, (discordance + loss) / 2];
  // Given the gains, the other samples are lost at this rate.
  const rate = gained < 1 ? Math.min(1, lost / (1 - gained)) : 0;
  let [power, least] = [0, 0];
  for (let gains = 0; gains <= samples; gains++) {
    const probability = binomialPmf(gains, samples, gained);
    if (probability < NEGLIGIBLE) {
      if (gains > samples * gained) break;
      continue;
    }
    const others = samples - gains;
    // Fewer losses than these are less than `by`.
    least = Math.max(least, Math.ceil(gains + rule.by * samples - 1e-6));
    least = firstOf({ from: least, to: others }, (losses) => isRedOf({ gains, losses, samples }, rule));
    if (least > others) break;
    power += probability * (least === 0 ? 1 : 1 - binomialCdf(least - 1, others, rate));
  }
  return Math.min(1, power);
}

/** The first number that has what all after it have, as more losses are red if fewer are; `to + 1` where none has. In steps that double, then in halves. */
function firstOf({ from, to }: { readonly from: number; readonly to: number }, has: (n: number) => boolean): number {
  let without = from - 1;
  let step = 1;
  for (; without + step <= to && !has(without + step); step *= 2) without += step;
  let first = Math.min(to + 1, without + step);
  while (first - without > 1) {
    const middle = Math.floor((without + first) / 2);
    if (has(middle)) first = middle;
    else without = middle;
  }
  return first;
}

const OUTCOMES = groupsToDraw([[1], [-1], [0]]);

function isRedOf(
  { gains, losses, samples }: { readonly gains: number; readonly losses: number; readonly samples: number },
  { by, level }: LossRule,
): boolean {
  if ((losses - gains) / samples < by - 1e-9) return false;
  return OUTCOMES.test(Int32Array.of(gains, losses, samples - gains - losses)).lessP(0) <= level;
}

function isRed(differences: readonly number[], clusters: readonly number[], { by, level }: LossRule): boolean {
  return -mean(differences) >= by - 1e-9 && scoreTest(differences, { clusters }).lessP(0) <= level;
}
