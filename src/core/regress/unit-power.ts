/** How often a true loss of speed is red, judged by the units that it is measured in: the blocks of `ab`. */
import { createRandom, type Random, type Seed } from '../stats/basics/random.js';
import { meanOfTest } from '../stats/compare/mean-test.js';
import type { LossSpread } from './loss.js';

/** The rule of a gate, on the scale of losses. */
export interface LossRule {
  readonly by: number;
  readonly level: number;
  readonly looks: 'once' | 'twice';
}

/** The drawn runs of one question. */
export interface Drawing {
  readonly rule: LossRule;
  readonly draws: number;
  readonly seed?: Seed;
}

/** More units than this are drawn as this many, each with less variance. */
const MOST_DRAWN_UNITS = 100;

export function unitPower(
  { units, deviation, floorDeviation }: LossSpread,
  loss: number,
  { rule, draws, seed = 0 }: Drawing,
): number {
  const random = createRandom(seed, 'power of a gate', units);
  const drawn = Math.min(units, MOST_DRAWN_UNITS);
  const scale = Math.sqrt(drawn / units);
  // Of the noise floor only the mean counts, so no more is drawn.
  const ofFloor = (floorDeviation * scale) / Math.sqrt(drawn);
  const look = (): Look => ({
    losses: normals(drawn, { centre: loss, deviation: deviation * scale }, random),
    floor: ofFloor === 0 ? 0 : ofFloor * random.normal(),
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
    const pooled = { losses: means(first.losses, second.losses), floor: (first.floor + second.floor) / 2 };
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
  /** The mean of the noise floor. */
  readonly floor: number;
}

function isRed({ losses, floor }: Look, { by, level }: LossRule): boolean {
  const test = meanOfTest(losses);
  return test.estimate >= by - 1e-9 && test.greaterP(Math.abs(floor)) <= level;
}

function normals(
  count: number,
  { centre, deviation }: { readonly centre: number; readonly deviation: number },
  random: Random,
): number[] {
  return Array.from({ length: count }, () => centre + deviation * random.normal());
}
