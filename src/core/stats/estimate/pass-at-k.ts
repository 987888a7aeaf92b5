/**
 * pass@k: the chance that at least one of k answers is right, when c of n answers were right (Chen et al. 2021, arXiv
 * 2107.03374; `human_eval/evaluation.py`):
 *
 *     pass@k = 1 - C(n - c, k) / C(n, k) = 1 - product of (1 - k / i) for i from n - c + 1 to n
 *
 * This estimate is unbiased. `1 - (1 - c/n)^k` is biased: it gives 0.832 instead of 0.917 for n = 10, c = 3, k = 5.
 */
import { expectCount } from '../basics/expect.js';

/** @throws RangeError when k exceeds n: nobody can draw more answers than there are. */
export function passAtK(n: number, correct: number, k: number): number {
  expectCount('n', n, 1);
  expectCount('correct', correct);
  expectCount('k', k, 1);
  if (correct > n) throw new RangeError(`Expected \`correct\` to be at most n = ${n}, got ${correct}`);
  if (k > n) throw new RangeError(`Expected \`k\` to be at most the n = ${n} answers there are, got ${k}`);
  if (n - correct < k) return 1;
  let noneRight = 1;
  for (let i = n - correct + 1; i <= n; i++) noneRight *= 1 - k / i;
  return 1 - noneRight;
}
