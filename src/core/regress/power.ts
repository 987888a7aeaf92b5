/**
 * What a gate is able to see, under exactly the rule by which it judges: how often a true change of a given size is red. The
 * rule judges losses as they are assumed to be; so the shared level, the noise floor, `by` and a second look are all counted.
 *
 * What two versions tell is only how far they disagree and how much blocks vary. The size of the change is an assumption, so a
 * statement of power is no second reading of the result.
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { clusterIndices, intraclassCorrelation } from '../stats/estimate/clusters.js';
import { type Compared, type ComparedFigure, pairsOf, scoreOf } from './figures.js';
import { FEWEST_BLOCKS } from './interleaved.js';
import { type LossSpread, type LossTest, lossOfShare } from './loss.js';
import { clustersOfPairs, type SamplePair } from './pairs.js';
import { type QualityPlan, qualityPower } from './quality-power.js';
import { type LossRule, unitPower } from './unit-power.js';

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

/** The standard error of a power is 1.1 points at 50%, and 0.5 at 95%. */
const DRAWS = 2_000;
/** Suites in groups are slow to judge, so fewer of them are drawn: the standard error is 1.6 points at 50%, and 0.7 at 95%. */
const DRAWS_OF_SUITES = 1_000;
/** The search of a size draws fewer still: 1.1 points at 95%. */
const DRAWS_OF_SEARCH = 400;

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
  const power = qualityPower(plan, losses.detect, { rule, draws: DRAWS_OF_SUITES });
  return {
    detect: losses.asNamed,
    power,
    atBy: qualityPower(plan, losses.by, { rule, draws: DRAWS_OF_SUITES }),
    wanted: losses.wanted,
    needed:
      power >= losses.wanted
        ? null
        : sizeFor(plan.samples, MOST_SAMPLES, losses.wanted, 'samples', (samples) =>
            qualityPower({ ...plan, samples }, losses.detect, { rule, draws: DRAWS_OF_SEARCH }),
          ),
  };
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
