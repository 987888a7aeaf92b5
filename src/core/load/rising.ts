/**
 * Ratios that never fall, as near as can be to `counts / sizes` (pool adjacent violators: Barlow, Bartholomew, Bremner and Brunk 1972,
 * Statistical Inference under Order Restrictions). The more requests are under way, the more of them end per second, and the later they are.
 *
 * @param least The last ratio is of this many counts at least, and so is the first, unless none is.
 */
export function risingRatios(counts: readonly number[], sizes: readonly number[], least: number): number[] {
  const blocks: Block[] = [];
  for (const [i, count] of counts.entries()) {
    let block: Block = { count, size: sizes[i]!, length: 1 };
    let last = blocks.at(-1);
    while (last !== undefined && last.count * block.size >= block.count * last.size) {
      block = together(blocks.pop()!, block);
      last = blocks.at(-1);
    }
    blocks.push(block);
  }
  while (blocks.length > 1 && blocks.at(-1)!.count < least)
    blocks.push(together(...(blocks.splice(-2) as [Block, Block])));
  const ratios = blocks.map(({ count, size }) => (size > 0 ? count / size : 0));
  // The shortest queues fade in a moment; where they were hardly seen, they move as the next ones do.
  const shown = blocks.findIndex(({ count }) => count >= least);
  return blocks.flatMap(({ length }, i) => Array.from({ length }, () => ratios[Math.max(i, shown)]!));
}

interface Block {
  readonly count: number;
  readonly size: number;
  readonly length: number;
}

function together(a: Block, b: Block): Block {
  return { count: a.count + b.count, size: a.size + b.size, length: a.length + b.length };
}
