/**
 * pass@k: the chance that one of k answers is right, from n answers of which c were (Chen et al. 2021, arXiv 2107.03374;
 * `human_eval/evaluation.py`). The plain `1 - (1 - c/n)^k` is biased low: 0.832 instead of 0.917 for n = 10, c = 3, k = 5.
 */
import { expectCount } from './basics/expect.js';

/**
 * `1 - C(n - c, k) / C(n, k)`, the unbiased estimate for one problem.
 * @throws RangeError when k exceeds n: more answers than there are cannot be drawn from them.
 */
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
