/** The root of a rising function, by the ITP method (Oliveira and Takahashi 2020, ACM Trans. Mathematical Software 47:5). */
import type { Interval } from './interval.js';

/** Its constants: how far a step stops short of the secant, and how many steps it may take beyond those of bisection. */
const SHORT = { scale: 0.2, power: 2 };
const MORE_STEPS = 1;

/**
 * Narrows an interval until it is at most `tolerance` wide. A third of the steps of bisection are enough where the function is smooth,
 * and one more than bisection's where it is not.
 *
 * @param rising negative at `low`, and 0 or positive at `high`. It need not be continuous.
 */
export function narrowRoot(rising: (x: number) => number, { low, high }: Interval, tolerance: number): Interval {
  let [a, b] = [low, high];
  let [below, above] = [rising(a), rising(b)];
  const half = tolerance / 2;
  const scale = SHORT.scale / (high - low);
  let reach = half * 2 ** (Math.ceil(Math.log2((high - low) / tolerance)) + MORE_STEPS);
  while (b - a > tolerance) {
    const middle = (a + b) / 2;
    const secant = (above * a - below * b) / (above - below);
    const side = Math.sign(middle - secant);
    const step = scale * (b - a) ** SHORT.power;
    const short = step <= Math.abs(middle - secant) ? secant + side * step : middle;
    const most = reach - (b - a) / 2;
    const x = Math.abs(short - middle) <= most ? short : middle - side * most;
    const y = rising(x);
    if (y >= 0) [b, above] = [x, y];
    else [a, below] = [x, y];
    reach /= 2;
  }
  return { low: a, high: b };
}
