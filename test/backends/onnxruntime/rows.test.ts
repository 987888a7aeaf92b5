/** Rows of a batch that come, grow and go, filled as a graph would fill them. */
import { describe, expect, it } from 'vitest';
import {
  AppendedCache,
  type Feeds,
  type Fetches,
  type KeyValueCache,
} from '../../../src/backends/onnxruntime/cache.js';
import { createRows, type RowCache } from '../../../src/backends/onnxruntime/rows.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';

const shape = { past: ['past'], present: ['present'], type: 'float32', kvHeads: 2, headSize: 2 } as const;
type Floats = Float32Array;

/** A cache in which head h of token t holds `1000 h + t` twice. */
function cacheOf(tokens: readonly number[]): KeyValueCache {
  const cache = new AppendedCache(shape);
  const fetches: Fetches = {};
  cache.reserve(tokens.length);
  cache.bind({}, fetches, tokens.length);
  const data = fetches.present!.data as Floats;
  for (let head = 0; head < 2; head++) {
    for (const [i, token] of tokens.entries()) {
      data.fill(1000 * head + token, (head * tokens.length + i) * 2, (head * tokens.length + i + 1) * 2);
    }
  }
  cache.advance(tokens.length);
  return cache;
}

/** What a run leaves: the past of every row, and its new token in the last column that it sees. */
function run(rows: RowCache, tokens: readonly number[]): void {
  const feeds: Feeds = {};
  const fetches: Fetches = {};
  rows.bind(feeds, fetches);
  const [past, present] = [feeds.past!, fetches.present!];
  const [from, to] = [past.dims[2]!, present.dims[2]!];
  for (let block = 0; block < tokens.length * 2; block++) {
    const kept = (past.data as Floats).slice(block * from * 2, (block + 1) * from * 2);
    (present.data as Floats).set(kept, block * to * 2);
    const row = Math.floor(block / 2);
    const at = block * to + rows.seen(row)[1] - 1;
    (present.data as Floats).fill(1000 * (block % 2) + tokens[row]!, at * 2, at * 2 + 2);
  }
  rows.advance();
}

/** The tokens that each head of each row would be given in the next run. */
function seen(rows: RowCache): number[][] {
  const feeds: Feeds = {};
  rows.bind(feeds, {});
  const { dims, data } = feeds.past!;
  return rows.lengths.flatMap((length, row) => {
    const [from] = rows.seen(row);
    return [0, 1].map((head) =>
      Array.from({ length }, (_, i) => {
        const at = ((row * 2 + head) * dims[2]! + from + i) * 2;
        return (data as Floats)[at]! - 1000 * head;
      }),
    );
  });
}

for (const kind of ['appended', 'shared'] as const) {
  describe(`rows of caches, ${kind}`, () => {
    it('hold for every head what was written, whoever comes and goes', () => {
      const random = createRandom(3, kind);
      const whole = (below: number) => Math.floor(random.uniform() * below);
      const rows = createRows(shape, kind);
      const expected: number[][] = [];
      for (let step = 0; step < 300; step++) {
        if (expected.length < 5 && random.uniform() < 0.2) {
          const text = Array.from({ length: 1 + whole(step % 100 === 0 ? 200 : 12) }, () => whole(900));
          rows.join(cacheOf(text), text.length + 40);
          expected.push([...text]);
        }
        if (expected.length === 0) continue;
        const tokens = expected.map(() => whole(900));
        run(rows, tokens);
        for (const [row, token] of tokens.entries()) expected[row]!.push(token);
        for (let row = expected.length - 1; row >= 0; row--) {
          if (random.uniform() > 0.08 && expected[row]!.length < 30) continue;
          rows.leave(row);
          const last = expected.pop()!;
          if (row < expected.length) expected[row] = last;
        }
        expect(rows.lengths).toEqual(expected.map(({ length }) => length));
        if (expected.length > 0) expect(seen(rows)).toEqual(expected.flatMap((text) => [text, text]));
      }
    });

    it('do not go on carrying the columns of a long row that has left', () => {
      const rows = createRows(shape, kind);
      rows.join(cacheOf([1, 2, 3]), 20);
      rows.join(cacheOf(Array.from({ length: 300 }, (_, i) => i)), 320);
      run(rows, [4, 5]);
      expect(rows.length).toBe(301);
      rows.leave(1);
      expect(rows.length).toBe(4);
      expect(seen(rows)).toEqual([
        [1, 2, 3, 4],
        [1, 2, 3, 4],
      ]);
    });
  });
}
