/**
 * Python's `random.Random(seed)`, whose draws published fixtures were made with: the Mersenne Twister MT19937 (Matsumoto and
 * Nishimura 1998), seeded by `init_by_array`, with `random()` and `shuffle()` as CPython's random.py has them.
 */
const N = 624;
const M = 397;

export class PythonRandom {
  readonly #state = new Uint32Array(N);
  #next = N;

  constructor(seed: number) {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < N; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
    let i = 1;
    const mixed = () => state[i - 1]! ^ (state[i - 1]! >>> 30);
    const step = () => {
      i++;
      if (i < N) return;
      state[0] = state[N - 1]!;
      i = 1;
    };
    for (let k = N; k > 0; k--, step()) state[i] = (state[i]! ^ Math.imul(mixed(), 1664525)) + seed;
    for (let k = N - 1; k > 0; k--, step()) state[i] = (state[i]! ^ Math.imul(mixed(), 1566083941)) - i;
    state[0] = 0x80000000;
  }

  /** 0 up to 1, of 53 bits. */
  random(): number {
    const high = this.#draw() >>> 5;
    const low = this.#draw() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** In place, from the end (Fisher and Yates). */
  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list;
  }

  /** As many bits as the bound has, drawn again until they are below it. */
  #below(bound: number): number {
    const shift = Math.clz32(bound);
    for (;;) {
      const drawn = this.#draw() >>> shift;
      if (drawn < bound) return drawn;
    }
  }

  #draw(): number {
    if (this.#next === N) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % N]! & 0x7fffffff);
      state[i] = state[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
