/** The two caches, filled as a graph would fill them: what is forgotten, kept, and copied. */
import { describe, expect, it } from 'vitest';
import {
  AppendedCache,
  type Feeds,
  type Fetches,
  type KeyValueCache,
  SharedCache,
} from '../../../src/backends/onnxruntime/cache.js';
import { toFloat32 } from '../../../src/backends/onnxruntime/half.js';

const shape = { past: ['past'], present: ['present'], type: 'float32', kvHeads: 2, headSize: 2 } as const;

/** What a run leaves in the cache: head h of token t holds `100 h + t` twice. */
function run(cache: KeyValueCache, tokens: readonly number[]): void {
  const feeds: Feeds = {};
  const fetches: Fetches = {};
  cache.reserve(cache.length + tokens.length);
  cache.bind(feeds, fetches, tokens.length);
  const past = feeds.past!;
  const present = fetches.present!;
  const [sequences, heads, capacity, size] = present.dims as [number, number, number, number];
  for (let block = 0; block < sequences * heads; block++) {
    const to = block * capacity * size;
    const from = block * past.dims[2]! * size;
    const kept = (past.data as Float32Array).slice(from, from + cache.length * size);
    (present.data as Float32Array).set(kept, to);
    for (const [i, token] of tokens.entries()) {
      const value = 100 * (block % heads) + token;
      (present.data as Float32Array).fill(value, to + (cache.length + i) * size, to + (cache.length + i + 1) * size);
    }
  }
  cache.advance(tokens.length);
}

/** The tokens that a next run would be given, read from each head. */
function held(cache: KeyValueCache): number[][] {
  const feeds: Feeds = {};
  cache.bind(feeds, {}, 1);
  const { dims, data } = feeds.past!;
  return Array.from({ length: dims[0]! * dims[1]! }, (_, block) =>
    Array.from({ length: cache.length }, (_, i) => {
      const value = (data as Float32Array)[(block * dims[2]! + i) * dims[3]!]!;
      return value - 100 * (block % dims[1]!);
    }),
  );
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

for (const [name, create] of [
  ['a cache that is appended to', () => new AppendedCache(shape)],
  ['a cache that is written in place', () => new SharedCache(shape, 10_000)],
] as const) {
  describe(name, () => {
    it('holds for every head what was written, over its growth', () => {
      const cache = create();
      run(cache, numbers(0, 90));
      for (let token = 90; token < 600; token++) run(cache, [token % 97]);
      const expected = numbers(0, 600).map((token) => (token < 90 ? token : token % 97));
      expect(held(cache)).toEqual([expected, expected]);
    });

    it('forgets the end and goes on from there', () => {
      const cache = create();
      run(cache, [1, 2, 3, 4, 5]);
      cache.truncate(2);
      run(cache, [8, 9]);
      expect(held(cache)).toEqual([
        [1, 2, 8, 9],
        [1, 2, 8, 9],
      ]);
      cache.truncate(0);
      run(cache, [7]);
      expect(held(cache)).toEqual([[7], [7]]);
    });
  });
}

describe('a cache that is appended to', () => {
  it('is copied for sequences that go on side by side, and stays as it was', () => {
    const cache = new AppendedCache(shape);
    run(cache, [1, 2, 3]);
    const copy = new AppendedCache(shape);
    copy.repeat(cache, 2, 300);
    run(copy, [4]);
    expect(held(copy)).toEqual(new Array(4).fill([1, 2, 3, 4]));
    expect(held(cache)).toEqual(new Array(2).fill([1, 2, 3]));
    run(cache, [5]);
    copy.repeat(cache, 3, 5);
    run(copy, [6]);
    expect(held(copy)).toEqual(new Array(6).fill([1, 2, 3, 5, 6]));
  });
});

describe('a half-precision float', () => {
  it('is read as IEEE 754 says', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0x7c00, 0xfc00, 0x0000);
    const values = [
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      0.333251953125,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
    ];
    expect([...toFloat32(bits, new Float32Array(bits.length))]).toEqual(values);
    expect(toFloat32(Uint16Array.of(0x7e00), new Float32Array(1))[0]).toBeNaN();
  });
});
