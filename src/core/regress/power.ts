/**
 * What a gate is able to see, under exactly the rule by which it judges: how often a true change of a given size is red. Losses are
 * drawn as they are assumed to be, and the rule judges each; so the shared level, the noise floor, `by` and a second look are
 * all counted.
 *
 * What two versions tell is only how far they disagree and how much blocks vary. The size of the change is an assumption, so a
 * statement of power is no second reading of the result.
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { createRandom, type Random, type Seed } from '../stats/basics/random.js';
import { meanOfTest } from '../stats/compare/mean-test.js';
import { drawSuite, oncePerTotals, type Suite } from '../stats/compare/power.js';
import { scoreTest } from '../stats/compare/score-test.js';
import { clusterIndices, designEffect, intraclassCorrelation } from '../stats/estimate/clusters.js';
import { type Compared, type ComparedFigure, pairsOf, scoreOf } from './evidence.js';
import { FEWEST_BLOCKS } from './interleaved.js';
import { type LossSpread, type LossTest, lossOfShare } from './loss.js';
import { clustersOfPairs, type SamplePair } from './pairs.js';

export interface PowerStatement {
  /** The true change, as the gate names it. */
  readonly detect: number;
  /** How often that change is red. */
  readonly power: number;
  /** How often a true change of just `by` is red. */
  readonly atBy: number;
  readonly wanted: number;
  /** What the wanted power takes; null where there is enough. */
  readonly needed: { readonly n: number; readonly unit: 'samples' | 'blocks' } | Missing | null;
}

/** The rule of a gate, on the scale of losses. */
export interface LossRule {
  readonly by: number;
  readonly level: number;
  readonly looks: 'once' | 'twice';
}

export interface QualityPlan {
  readonly samples: number;
  /** Mean squared difference of the scores; of scores of 0 and 1 the share on which two versions disagree. */
  readonly discordance: number;
  readonly clusterSize: number;
  readonly intraclassCorrelation: number;
}

/** The standard error of a power is 1.1 points at 50%, and 0.5 at 95%. */
const DRAWS = 2_000;
/** Suites are slow to judge, in groups more so. Fewer of them are drawn: the standard error is 1.1 points at 95%. */
const DRAWS_OF_SUITES = { alone: 1_000, grouped: 400 } as const;
/** The search of a size draws fewer still. */
const DRAWS_OF_SEARCH = 200;

interface GateQuestion {
  readonly rule: ComparedFigure & { readonly by: number; readonly detect: number };
  readonly test: LossTest;
  readonly compared: Pick<Compared, 'paired' | 'base'>;
  readonly level: number;
  readonly looks: LossRule['looks'];
  readonly wanted: number;
  /** The samples of a run that is planned; without it, those that were compared. */
  readonly samples?: number;
}

export function gatePower({
  rule,
  test,
  compared,
  level,
  looks,
  wanted,
  samples,
}: GateQuestion): PowerStatement | Missing {
  const { metric, task } = rule;
  const [by, detect] = [lossOfShare(metric, rule.by), lossOfShare(metric, rule.detect)];
  const lossRule: LossRule = { by, level, looks };
  const losses = { detect, by, wanted, asNamed: rule.detect };
  if (metric === 'quality') {
    const plan = planOf(pairsOf(task, compared.paired));
    return qualityStatement({ ...plan, samples: samples ?? plan.samples }, lossRule, losses);
  }
  if (metric === 'memory') return memoryStatement(compared.base.memory, losses);
  if (test.spread === null) return missing('nothing says how much it varies');
  return unitStatement(test.spread, lossRule, losses);
}

interface Losses {
  readonly detect: number;
  readonly by: number;
  readonly wanted: number;
  /** The change to be detected, as the gate names it. */
  readonly asNamed: number;
}

function planOf(pairs: readonly SamplePair[]): QualityPlan {
  const differences = pairs.map(({ base, candidate }) => scoreOf(candidate).low - scoreOf(base).high);
  const clusters = clustersOfPairs(pairs);
  const groups = clusters === undefined ? pairs.length : clusterIndices(clusters).length;
  return {
    samples: pairs.length,
    discordance: mean(differences.map((difference) => difference ** 2)),
    clusterSize: Math.max(1, Math.round(pairs.length / groups)),
    intraclassCorrelation: clusters === undefined ? 0 : intraclassCorrelation(differences, clusters),
  };
}

export function qualityStatement(plan: QualityPlan, rule: LossRule, losses: Losses): PowerStatement {
  const draws = DRAWS_OF_SUITES[plan.clusterSize > 1 ? 'grouped' : 'alone'];
  const power = qualityPower(plan, losses.detect, { rule, draws });
  return {
    detect: losses.asNamed,
    power,
    atBy: qualityPower(plan, losses.by, { rule, draws }),
    wanted: losses.wanted,
    needed:
      power >= losses.wanted
        ? null
        : sizeFor(plan.samples, MOST_SAMPLES, losses.wanted, 'samples', (samples) =>
            qualityPower({ ...plan, samples }, losses.detect, { rule, draws: DRAWS_OF_SEARCH }),
          ),
  };
}

/** The mean of more samples than this is normal, so they need not be drawn one by one. */
const MOST_DRAWN_SAMPLES = 4_000;

/** The drawn suites of one question. */
interface Drawing {
  readonly rule: LossRule;
  readonly draws: number;
}

/**
 * The share of drawn suites that are red. A second look asks the same samples again. Where answers do not vary from one asking to
 * the next, it finds what the first found, and costs no power.
 */
export function qualityPower(
  { samples, discordance, clusterSize, intraclassCorrelation: correlation }: QualityPlan,
  loss: number,
  { rule, draws, seed = 0 }: Drawing & { readonly seed?: Seed },
): number {
  if (samples > MOST_DRAWN_SAMPLES) {
    const variance = Math.max(0, Math.max(discordance, loss) - loss ** 2) * designEffect(clusterSize, correlation);
    const spread = { units: samples, deviation: Math.sqrt(variance), floorDeviation: 0 };
    return unitPower(spread, loss, { rule: { ...rule, looks: 'once' }, draws: DRAWS, seed });
  }
  const random = createRandom(seed, 'power of a gate', samples);
  const plan = {
    discordance: Math.min(1, Math.max(discordance, loss, 1e-9)),
    difference: -loss,
    clusterSize,
    intraclassCorrelation: correlation,
  };
  const clusters = Array.from({ length: samples }, (_, i) => Math.floor(i / clusterSize));
  const isSuiteRed = ({ candidate, reference }: Suite): boolean => {
    const differences = candidate.map((score, i) => score - reference[i]!);
    if (-mean(differences) < rule.by - 1e-9) return false;
    const test = scoreTest(differences, clusterSize > 1 ? { clusters } : {});
    return test.lessP(0) <= rule.level;
  };
  const judge = clusterSize > 1 ? isSuiteRed : oncePerTotals(isSuiteRed);
  let red = 0;
  for (let draw = 0; draw < draws; draw++) if (judge(drawSuite(samples, plan, random))) red++;
  return red / draws;
}

/** Memory is compared as it is: a change is seen where it is larger than what the readings of one version vary. */
function memoryStatement(
  memory: Compared['base']['memory'],
  { detect, by, wanted, asNamed }: Losses,
): PowerStatement | Missing {
  if (isMissing(memory)) return memory;
  const variation = Math.log(memory.max / memory.min);
  const sees = (loss: number) => (loss >= by && loss > variation ? 1 : 0);
  const power = sees(detect);
  const needed = power >= wanted ? null : missing('a machine on which the peaks of one version vary less');
  return { detect: asNamed, power, atBy: sees(by), wanted, needed };
}

export function unitStatement(spread: LossSpread, rule: LossRule, losses: Losses): PowerStatement {
  const power = unitPower(spread, losses.detect, { rule, draws: DRAWS });
  return {
    detect: losses.asNamed,
    power,
    atBy: unitPower(spread, losses.by, { rule, draws: DRAWS }),
    wanted: losses.wanted,
    needed:
      power >= losses.wanted
        ? null
        : sizeFor(Math.max(FEWEST_BLOCKS, spread.units), MOST_BLOCKS, losses.wanted, 'blocks', (units) =>
            unitPower({ ...spread, units }, losses.detect, { rule, draws: DRAWS }),
          ),
  };
}

/** More units than this are drawn as this many, each with less variance. */
const MOST_DRAWN_UNITS = 100;

export function unitPower(
  { units, deviation, floorDeviation }: LossSpread,
  loss: number,
  { rule, draws, seed = 0 }: Drawing & { readonly seed?: Seed },
): number {
  const random = createRandom(seed, 'power of a gate', units);
  const drawn = Math.min(units, MOST_DRAWN_UNITS);
  const scale = Math.sqrt(drawn / units);
  const look = () => ({
    losses: normals(drawn, { centre: loss, deviation: deviation * scale }, random),
    floors: normals(drawn, { centre: 0, deviation: floorDeviation * scale }, random),
  });
  let red = 0;
  for (let draw = 0; draw < draws; draw++) {
    const first = look();
    if (!isRed(first, rule)) continue;
    if (rule.looks === 'once') {
      red++;
      continue;
    }
    const second = look();
    const pooled = { losses: means(first.losses, second.losses), floors: means(first.floors, second.floors) };
    if (isRed(pooled, rule)) red++;
  }
  return red / draws;
}

/** A second look opens the same blocks again. */
function means(first: readonly number[], second: readonly number[]): number[] {
  return first.map((value, i) => (value + second[i]!) / 2);
}

interface Look {
  readonly losses: readonly number[];
  readonly floors: readonly number[];
}

function isRed({ losses, floors }: Look, { by, level }: LossRule): boolean {
  const test = meanOfTest(losses);
  return test.estimate >= by - 1e-9 && test.greaterP(Math.abs(mean(floors))) <= level;
}

function normals(
  count: number,
  { centre, deviation }: { readonly centre: number; readonly deviation: number },
  random: Random,
): number[] {
  return Array.from({ length: count }, () => centre + deviation * random.normal());
}

const MOST_SAMPLES = 20_000;
const MOST_BLOCKS = 400;
/** A size is narrowed to this factor. */
const CLOSE = 1.05;

/** The least size, to within 5%, that was found to have the wanted power. */
function sizeFor(
  start: number,
  most: number,
  wanted: number,
  unit: 'samples' | 'blocks',
  powerAt: (n: number) => number,
): PowerStatement['needed'] {
  let [low, high] = [1, Math.max(2, start)];
  while (powerAt(high) < wanted) {
    low = high;
    high = Math.ceil(high * 1.5) + 1;
    if (high > most) return missing(`more than ${most} ${unit}`);
  }
  while (high - low > 1 && high / low > CLOSE) {
    const middle = Math.round(Math.sqrt(low * high));
    if (middle <= low || middle >= high) break;
    if (powerAt(middle) >= wanted) high = middle;
    else low = middle;
  }
  return { n: high, unit };
}
