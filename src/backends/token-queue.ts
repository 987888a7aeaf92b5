/** The tokens of an answer between the engine, which computes it among others, and the request that reads it. */

export interface SampledToken {
  readonly token: number;
  readonly logprob: number;
}

/** The reading end. */
export interface TokenStream {
  /** The next token of the answer, once it is there. */
  next(): Promise<SampledToken>;
  /** Nothing more will be read: the engine need not go on. */
  cancel(): void;
}

/** The engine's end, and the tokens that nobody has read yet. */
export interface TokenQueue {
  put(token: SampledToken): void;
  fail(error: unknown): void;
  take(): Promise<SampledToken>;
}

export function createTokenQueue(): TokenQueue {
  const tokens: SampledToken[] = [];
  let failure: { readonly error: unknown } | null = null;
  let wake: () => void = () => {};
  return {
    put(token) {
      tokens.push(token);
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
