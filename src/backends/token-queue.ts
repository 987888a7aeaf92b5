/** The tokens of an answer between the engine, which computes it among others, and the request that reads it. */

export interface SampledToken {
  readonly token: number;
  readonly logprob: number;
}

export interface StampedToken extends SampledToken {
  /** When it was sampled, in seconds. Its reader may come to it later, and another answer must not delay its time. */
  readonly time: number;
}

/** The reading end. */
export interface TokenStream {
  /** The next token of the answer, once it is there. */
  next(): Promise<StampedToken>;
  /** Nothing more will be read: the engine need not go on. */
  cancel(): void;
}

/** The engine's end, and the tokens that nobody has read yet. */
export interface TokenQueue {
  /** Stamps the token. */
  put(token: SampledToken): void;
  fail(error: unknown): void;
  take(): Promise<StampedToken>;
}

export function createTokenQueue(): TokenQueue {
  const tokens: StampedToken[] = [];
  let failure: { readonly error: unknown } | null = null;
  let wake: () => void = () => {};
  return {
    put(token) {
      tokens.push({ ...token, time: performance.now() / 1000 });
      wake();
    },
    fail(error) {
      failure = { error };
      wake();
    },
    async take() {
      while (tokens.length === 0) {
        if (failure !== null) throw failure.error;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return tokens.shift()!;
    },
  };
}
