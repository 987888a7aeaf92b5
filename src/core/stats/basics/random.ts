/**
 * Random numbers that can be repeated. The core has no randomness of its own: whoever wants a shuffle or a bootstrap brings a
 * seed. The same seed gives the same numbers on every machine, so a report can be rebuilt byte for byte.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's Small Fast Counting, PractRand): 128 bits of state, passes PractRand and
 * BigCrush, a few nanoseconds a draw. Seeds pass through the SplitMix32 finaliser, so neighbouring seeds (1, 2, 3) give
 * unrelated streams. It is not for secrets.
 */
import { expectCount } from './expect.js';
import { normalQuantile } from './normal.js';

export interface Random {
  /** A whole number in [0, 2^32). */
  uint32(): number;
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A whole number in [0, bound), each equally likely. */
  below(bound: number): number;
  /** A draw from the standard normal distribution. */
  normal(): number;
}

/** Numbers and words that together name one stream: `createRandom(run.seed, 'bootstrap', taskId)`. */
export type Seed = number | string;

/** @throws RangeError when a seed is not a whole number or a text. */
export function createRandom(...seeds: readonly [Seed, ...Seed[]]): Random {
  const mix = splitMix32(foldSeeds(seeds));
  let a = mix();
  let b = mix();
  let c = mix();
  let counter = 1;

  const uint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();

  const uniform = (): number => ((uint32() >>> 5) * 67_108_864 + (uint32() >>> 6)) / 9_007_199_254_740_992;
  let [lastBound, fair] = [0, 0];
  const below = (bound: number): number => {
    // Draws past the last whole multiple of the bound would favour the small numbers: draw again.
    if (bound !== lastBound) [lastBound, fair] = [bound, 4_294_967_296 - (4_294_967_296 % bound)];
    let draw = uint32();
    while (draw >= fair) draw = uint32();
    // The remainder by division: `%` on numbers past 2^31 is several times slower.
    return draw - Math.floor(draw / bound) * bound;
  };
  // Half a step inside (0, 1): the quantile of 0 is minus infinity.
  const normal = (): number => normalQuantile((uint32() + 0.5) / 4_294_967_296);

  return { uint32, uniform, below, normal };
}

/** A new array in random order (Fisher-Yates); the argument is left as it is. */
export function shuffle<T>(values: readonly T[], random: Random): T[] {
  return sampleWithoutReplacement(values, values.length, random);
}

/**
 * `count` different entries, in random order.
 * @throws RangeError when more are wanted than there are.
 */
export function sampleWithoutReplacement<T>(values: readonly T[], count: number, random: Random): T[] {
  expectCount('count', count);
  if (count > values.length) {
    throw new RangeError(`Expected \`count\` to be at most the ${values.length} values there are, got ${count}`);
  }
  const pool = [...values];
  for (let i = 0; i < count; i++) {
    const j = i + random.below(pool.length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  pool.length = count;
  return pool;
}

/** All seeds into 32 bits by FNV-1a over their text; the separator keeps ('a', 'bc') apart from ('ab', 'c'). */
function foldSeeds(seeds: readonly Seed[]): number {
  let hash = 0x811c9dc5;
  for (const seed of seeds) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new RangeError(`Expected a seed to be a whole number or a text, got ${seed}`);
    }
    for (const character of `${typeof seed}:${seed}\u0000`) {
      hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
    }
  }
  return hash >>> 0;
}

function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
}
