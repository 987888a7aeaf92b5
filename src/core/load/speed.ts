/**
 * Did the server keep its speed over a test? A machine that others share, or that grows hot, changes its speed within minutes, and a search
 * takes its steps one after the other. How many requests end in a time depends on how many are under way; given that, the steps of one
 * server differ by luck alone:
 *
 *     speed of a step = requests that ended / sum over n of (seconds with n under way) x (requests that end per second with n under way, in all steps)
 *
 * The standard error is the larger of that of a Poisson count and that of the parts of the step.
 */
import { sum } from '../stats/basics/moments.js';
import type { QueuePart } from './queue.js';
import type { StepResult } from './step.js';

export interface StepSpeed {
  /** The place of the step in the test. */
  readonly step: number;
  /** 1 where it ended as many requests as all steps together would have, with as many under way. */
  readonly speed: number;
  readonly standardError: number;
}

export interface SpeedChange {
  readonly slowest: StepSpeed;
  readonly fastest: StepSpeed;
}

/** In standard errors of the difference; a search has a dozen steps. */
const ERRORS = 4;
/** Less changes no answer. */
const LEAST_RATIO = 1.1;
/** Fewer requests, or parts, do not tell the speed of a step. */
const LEAST_ENDED = 100;
const LEAST_PARTS = 4;

/** Null where the steps that tell their speed differ no more than luck explains, or little. A closed loop does not tell it. */
export function speedChangeOf(history: readonly StepResult[]): SpeedChange | null {
  const parts = history.flatMap(({ queue }) => queue ?? []);
  const rates = ratesOf(parts);
  const speeds = history.flatMap(({ queue }, step): StepSpeed[] => {
    const found = queue === null ? null : speedOf(queue, rates);
    return found === null ? [] : [{ step, ...found }];
  });
  if (speeds.length < 2) return null;
  const slowest = speeds.reduce((a, b) => (b.speed < a.speed ? b : a));
  const fastest = speeds.reduce((a, b) => (b.speed > a.speed ? b : a));
  const error = Math.hypot(slowest.standardError, fastest.standardError);
  const isSure = fastest.speed - slowest.speed > ERRORS * error && fastest.speed > LEAST_RATIO * slowest.speed;
  return isSure ? { slowest, fastest } : null;
}

/** How many requests end per second, by the number under way. */
function ratesOf(parts: readonly QueuePart[]): readonly number[] {
  const longest = Math.max(0, ...parts.map(({ seconds }) => seconds.length));
  return Array.from({ length: longest }, (_, n) => {
    const seconds = sum(parts.map((part) => part.seconds[n] ?? 0));
    return seconds === 0 ? 0 : sum(parts.map((part) => part.departures[n] ?? 0)) / seconds;
  });
}

function speedOf(parts: readonly QueuePart[], rates: readonly number[]): Omit<StepSpeed, 'step'> | null {
  const ended = parts.map(({ departures }) => sum(departures));
  const expected = parts.map(({ seconds }) => sum(seconds.map((time, n) => time * rates[n]!)));
  const [all, wanted] = [sum(ended), sum(expected)];
  if (all < LEAST_ENDED || parts.length < LEAST_PARTS) return null;
  const speed = all / wanted;
  const scatter = sum(ended.map((count, i) => (count - speed * expected[i]!) ** 2));
  return { speed, standardError: Math.sqrt(Math.max(all, scatter)) / wanted };
}
