// What is held out. A key (a name, a product, a template, a pair of operands) belongs to exactly one split, decided by its
// hash: 20% test, 10% validation, 70% train. A sample of a split is made of that split's keys only, so a test prompt names
// no customer, no product, no template and no multiplication that training has seen.
import { hash, type Random } from './random.ts';

export type Split = 'train' | 'validation' | 'test';

export function splitOf(key: string): Split {
  const bucket = hash(`split ${key}`) % 20;
  return bucket < 4 ? 'test' : bucket < 6 ? 'validation' : 'train';
}

/** Draws until the key falls into the split. */
export function draw<T>(split: Split, key: (item: T) => string, next: () => T): T {
  for (let attempt = 0; attempt < 10_000; attempt++) {
    const item = next();
    if (splitOf(key(item)) === split) return item;
  }
  throw new Error(`no ${split} item among 10000 draws; give the table more entries`);
}

/** One combination of parts, as their indexes; the combination is the template, and its joined name is the key. */
export function drawTemplate<P extends readonly unknown[]>(
  split: Split,
  random: Random,
  name: string,
  ...tables: { [K in keyof P]: readonly P[K][] }
): { template: string; parts: P } {
  const indexes = draw(
    split,
    (chosen) => `${name}-${chosen.join('-')}`,
    () => tables.map((table) => random.integer(0, table.length - 1)),
  );
  const parts = tables.map((table, i) => table[indexes[i]!]) as unknown as P;
  return { template: `${name}-${indexes.join('-')}`, parts };
}
