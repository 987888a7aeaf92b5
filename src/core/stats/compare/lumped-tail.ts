/**
 * The p-value of a sum of units that come in lumps: nearly all are alike, and some are lost or won as a whole. Such a sum takes steps, and a
 * normal tail does not see them: of 36 graded samples at a margin of seven points it calls none lost a p of .05, which is .073.
 *
 * The units that are lost, and those that are won, are counted exactly, as binomials. What the counts leave open is nearly normal; its mean is
 * that of the units that were seen, so it cannot part outcomes of equal counts, and all of them are as extreme. Where it is wider than a third
 * of a step there are no steps to see.
 */
import { binomialCdf, binomialPmf, normalCdf } from '../basics/distributions.js';
import { sum } from '../basics/moments.js';
import type { Weighted } from './likeliest-variance.js';

interface Lump {
  readonly weight: number;
  readonly mean: number;
  readonly variance: number;
}

/** The ends of the range that count as lost and won, as a share of it. */
const END = 0.25;
/** As a share of a step. */
const BLURRED = 1 / 3;
/** Standard deviations within which outcomes of equal counts lie. */
const EQUAL_COUNTS = 2;
/** With a wider sum, a step changes no p-value by half a point. */
const MANY_STEPS = 12;
/** Standard deviations past which no sum changes a p-value, and past which it is sure whether one is enough. */
const FAR = 7;
const SURELY = 5;

/** The chance that the sum of `units` draws is `least` or more; 0 where there are no steps. */
export function lumpedTail(points: readonly Weighted[], { units, least }: { units: number; least: number }): number {
  // There may be a hundred thousand points, which are too many arguments.
  const lowest = points.reduce((low, { distance }) => Math.min(low, distance), 0);
  const highest = points.reduce((high, { distance }) => Math.max(high, distance), 0);
  const end = END * (highest - lowest);
  const fateOf = (distance: number) =>
    distance < lowest + end ? 'lost' : distance > highest - end ? 'won' : 'neither';
  const lumpThatIs = (fate: string) => lumpOf(points.filter(({ distance }) => fateOf(distance) === fate));
  const [lost, rest, won] = [lumpThatIs('lost'), lumpThatIs('neither'), lumpThatIs('won')];
  const lumps = [lost, rest, won];
  const means = lumps.flatMap(({ weight, mean }) => (weight > 0 ? [mean] : []));
  const step = Math.min(...means.slice(1).map((mean, i) => mean - means[i]!));
  const within = units * sum(lumps.map(({ weight, variance }) => weight * variance));
  const whole = units * sum(points.map(({ distance, weight }) => weight * distance ** 2));
  if (within > (BLURRED * step) ** 2 || whole > (MANY_STEPS * step) ** 2) return 0;

  const enough = least - EQUAL_COUNTS * Math.sqrt(within) - 1e-9 * (highest - lowest);
  /** The chance that the sum is enough, with so many of each lump. */
  const chanceOf = (...counts: readonly [losses: number, rest: number, wins: number]) => {
    const mean = sum(lumps.map((lump, i) => counts[i]! * lump.mean));
    const variance = sum(lumps.map((lump, i) => counts[i]! * lump.variance));
    return variance === 0 ? Number(mean >= enough) : normalCdf((mean - enough) / Math.sqrt(variance));
  };
  const wonOfOthers = won.weight / (won.weight + rest.weight);
  /** The same with so many losses. Only with a few numbers of wins it is open whether the sum is enough. */
  const chanceWith = (losses: number) => {
    const others = units - losses;
    if (rest.weight === 0) return chanceOf(losses, 0, others);
    const gain = won.mean - rest.mean;
    const wins = (enough - losses * lost.mean - others * rest.mean) / gain;
    const open = (SURELY * Math.sqrt(within)) / gain;
    const [from, to] = [Math.max(0, Math.floor(wins - open)), Math.min(others, Math.ceil(wins + open))];
    let chance = to < others ? 1 - binomialCdf(Math.max(-1, to), others, wonOfOthers) : 0;
    for (let k = from; k <= to; k++) chance += binomialPmf(k, others, wonOfOthers) * chanceOf(losses, others - k, k);
    return chance;
  };
  const [usual, spread] = [units * lost.weight, Math.sqrt(units * lost.weight * (1 - lost.weight))];
  const most = Math.min(units, Math.ceil(usual + FAR * (spread + 1)));
  let total = 0;
  for (let losses = Math.max(0, Math.floor(usual - FAR * spread)); losses <= most; losses++)
    total += binomialPmf(losses, units, lost.weight) * chanceWith(losses);
  return Math.min(1, total);
}

function lumpOf(points: readonly Weighted[]): Lump {
  const weight = Math.min(1, sum(points.map((point) => point.weight)));
  if (weight === 0) return { weight, mean: 0, variance: 0 };
  const mean = sum(points.map((point) => point.weight * point.distance)) / weight;
  const variance = sum(points.map((point) => point.weight * (point.distance - mean) ** 2)) / weight;
  return { weight, mean, variance };
}
