/**
 * Which branches of a context are read in one run. The sequences of a run are padded to the longest, and padding is computed like
 * any token; a further run reads the weights from memory once more. Dynamic programming over the branches sorted by length finds
 * the cheapest division exactly.
 */

/** The cost of a run beyond its tokens, in tokens; measured on CPUs, the same for models of 1 M and of 135 M parameters. */
const COST_OF_RUN = 10;

/**
 * @param lengths tokens of each branch.
 * @param most how many branches of a length may be read side by side, at least 1.
 * @returns the branches of each run, by their place in `lengths`; those without tokens are in none.
 */
export function divideIntoRuns(lengths: readonly number[], most: (length: number) => number): readonly number[][] {
  const order = lengths.map((_, i) => i).filter((i) => lengths[i]! > 0);
  order.sort((a, b) => lengths[a]! - lengths[b]!);
  const cheapest = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= order.length; end++) {
    const length = lengths[order[end - 1]!]!;
    let best = { cost: Number.POSITIVE_INFINITY, from: end - 1 };
    for (let from = end - 1; from >= Math.max(0, end - most(length)); from--) {
      const cost = cheapest[from]!.cost + COST_OF_RUN + (end - from) * length;
      if (cost < best.cost) best = { cost, from };
    }
    cheapest.push(best);
  }
  const runs: number[][] = [];
  for (let end = order.length; end > 0; end = cheapest[end]!.from) runs.unshift(order.slice(cheapest[end]!.from, end));
  return runs;
}
