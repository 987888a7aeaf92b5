/** Shares counted one by one: what most aggregates keep of the outputs they have seen. */
import { known, missing, type Quantity } from '../../quantity.js';

export class Shares {
  private readonly counts = new Map<string, { hits: number; n: number }>();

  add(name: string, hit: boolean): void {
    const count = this.counts.get(name) ?? { hits: 0, n: 0 };
    count.hits += hit ? 1 : 0;
    count.n++;
    this.counts.set(name, count);
  }

  /** The share of hits under a name; missing, with this reason, where nothing was counted. */
  share(name: string, reason: string): Quantity {
    const { hits, n } = this.counts.get(name) ?? { hits: 0, n: 0 };
    return n === 0 ? missing(reason) : known(hits / n);
  }

  names(): readonly string[] {
    return [...this.counts.keys()];
  }
}
