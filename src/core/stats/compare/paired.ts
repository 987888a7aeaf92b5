/**
 * Two models on the same items. The difference is taken item by item, so the difficulty of an item cancels out. With a
 * correlation of 0.5 between the models this saves a third to a half of the items that two separate groups would need
 * (Miller 2024, arXiv 2411.00640, section 4).
 */
import { expectSameLength } from '../basics/expect.js';

/** `candidate - reference`, item by item; both are scores in [0, 1]. */
export function pairedDifferences(candidate: readonly number[], reference: readonly number[]): number[] {
  expectSameLength('reference', candidate, reference);
  expectScores('candidate', candidate);
  expectScores('reference', reference);
  return candidate.map((value, i) => value - reference[i]!);
}

function expectScores(name: string, scores: readonly number[]): void {
  const at = scores.findIndex((score) => !(score >= 0 && score <= 1));
  if (at >= 0) throw new RangeError(`Expected \`${name}[${at}]\` to be a score in [0, 1], got ${scores[at]}`);
}
