/** How many samples a suite needs, from assumptions or from a run that serves as a pilot. */
import { type PowerAnswer, type PowerQuestion, powerFromRun, powerOf } from '../core/recommend/power.js';
import { analyseLog } from './read.js';
import { logOf } from './runs.js';
import { type World, worldOf } from './world.js';

/** @throws UserError where neither the question nor the run says how far two models agree. */
export async function power(
  run: string | undefined,
  question: PowerQuestion,
  options: Partial<Pick<World, 'cwd'>> = {},
): Promise<PowerAnswer> {
  if (run === undefined) return powerOf(question);
  return powerFromRun(question, await analyseLog(logOf(run, worldOf(options).cwd)));
}
