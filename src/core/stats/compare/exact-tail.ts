/**
 * The exact p-value of items that are won, lost or equal. A normal tail takes the score for continuous, so it is too light where few
 * samples differ: of 100 samples at a margin of ten points it is wrong 5.8% of the time at a level of 5%.
 *
 * All outcomes are put in the order of the score statistic (Tango 1998), and the p-value is the probability of those at least as
 * extreme as the one that was seen, at the rates that are likeliest under the bound (Storer and Kim 1990, J. American Statistical
 * Association 85:146; for matched pairs Lloyd and Moldovan 2008, Statistics in Medicine 27:3540).
 *
 * Note: the order of the sum of wins and losses is simpler, and costs a tenth of the power: at the rates that are likeliest for one
 * loss in 50 samples it counts three losses and two wins as being as extreme.
 */

export interface Outcome {
  readonly wins: number;
  readonly losses: number;
  readonly n: number;
}

export interface Hypothesis {
  /** The mean: the rate of wins less that of losses. It lies below the mean that was seen. */
  readonly bound: number;
  /** Whether an item can be won, and lost; where one is impossible, the test is that of a binomial. */
  readonly canWin: boolean;
  readonly canLose: boolean;
}

/** Less probability than this changes no p-value. */
const NEGLIGIBLE = 1e-14;
/** Scores this near count as equal. */
const EQUAL = 1e-9;

export function exactTail(outcome: Outcome, hypothesis: Hypothesis): number {
  const { n } = outcome;
  const rates = likeliestRates(outcome, hypothesis);
  const seen = scoreOf(outcome, hypothesis) - EQUAL;
  const ofLosses = logRates(rates.loss);
  // Given the losses, the other items are won at this rate.
  const rate = rates.loss < 1 ? Math.min(1, rates.win / (1 - rates.loss)) : 0;
  const ofWins = logRates(rate);
  let total = 0;
  // P(wins >= least) of the items that are not lost. The more are lost, the more wins are as extreme.
  let [least, tail] = [0, 1];
  for (let losses = 0; losses <= n; losses++) {
    const others = n - losses;
    if (least > 0) tail -= rate * binomial(least - 1, others, ofWins);
    while (least <= others && scoreOf({ wins: least, losses, n }, hypothesis) < seen) {
      tail -= binomial(least, others, ofWins);
      least++;
    }
    if (least > others) break;
    const probability = binomial(losses, n, ofLosses);
    total += probability * Math.max(0, tail);
    if (probability < NEGLIGIBLE && losses > n * rates.loss) break;
  }
  return Math.min(1, total);
}

function scoreOf(outcome: Outcome, hypothesis: Hypothesis): number {
  const { wins, losses, n } = outcome;
  const { bound } = hypothesis;
  const { win, loss } = likeliestRates(outcome, hypothesis);
  const excess = wins - losses - n * bound;
  const variance = n * (win + loss - bound ** 2);
  if (variance > 0) return excess / Math.sqrt(variance);
  return excess === 0 ? 0 : excess * Number.POSITIVE_INFINITY;
}

interface Rates {
  readonly win: number;
  readonly loss: number;
}

/** The root of a quadratic equation (Tango 1998, Statistics in Medicine 17:891). */
function likeliestRates({ wins, losses, n }: Outcome, { bound, canWin, canLose }: Hypothesis): Rates {
  if (!canWin) return { win: 0, loss: -bound };
  if (!canLose) return { win: bound, loss: 0 };
  const b = (2 * n - wins + losses) * bound - wins - losses;
  const c = -losses * bound * (1 - bound);
  const root = Math.sqrt(Math.max(0, b ** 2 - 8 * n * c));
  const loss = Math.max(0, -bound, (root - b) / (4 * n));
  return { win: loss + bound, loss };
}

interface LogRates {
  readonly yes: number;
  readonly no: number;
}

function logRates(rate: number): LogRates {
  return { yes: Math.log(rate), no: Math.log1p(-rate) };
}

/** P(Bin(n) = k). A bound of an interval takes thousands of them, so the factorials are kept. */
function binomial(k: number, n: number, { yes, no }: LogRates): number {
  if (k < 0 || k > n) return 0;
  const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  // At a rate of 0 or 1 a logarithm is infinite, and counts only where it is taken at least once.
  return Math.exp(ways + (k === 0 ? 0 : k * yes) + (k === n ? 0 : (n - k) * no));
}

const LOG_FACTORIALS = [0];

function logFactorial(k: number): number {
  for (let next = LOG_FACTORIALS.length; next <= k; next++)
    LOG_FACTORIALS.push(LOG_FACTORIALS[next - 1]! + Math.log(next));
  return LOG_FACTORIALS[k]!;
}
