/** Figures of the bench as people read them. */
import type { Goal, Spread } from './part.js';

export function describeSpread({ median, min, max, n }: Spread, unit: string): string {
  const range = n === 1 ? '' : ` (${describeNumber(min)} to ${describeNumber(max)})`;
  return `${describeNumber(median)}${unit === '' ? '' : ` ${unit}`}${range}`;
}

export function describeGoal(goal: Goal, unit: string): string {
  const [sign, value] = 'atLeast' in goal ? ['≥', goal.atLeast] : ['≤', goal.atMost];
  return `${sign} ${describeNumber(value)}${unit === '' ? '' : ` ${unit}`}`;
}

/** Three digits, or all before the point. */
function describeNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
