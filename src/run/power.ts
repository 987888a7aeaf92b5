/** How many samples a suite needs, from assumptions or from a run that serves as a pilot. */
import { type PowerAnswer, type PowerQuestion, powerFromRun, powerOf } from '../core/recommend/power.js';
import { analyseLog } from './read.js';
import { logOf } from './runs.js';

/** @throws UserError where neither the question nor the run says how far two models agree. */
export async function power(run: string | undefined, question: PowerQuestion): Promise<PowerAnswer> {
  return run === undefined ? powerOf(question) : powerFromRun(question, await analyseLog(logOf(run)));
}
