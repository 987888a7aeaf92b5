/** Where an answer that is computed among others waits to be read, token by token. */

export interface SampledToken {
  readonly token: number;
  readonly logprob: number;
}

export interface Asked {
  /** The next token of the answer, once it is there. */
  next(): Promise<SampledToken>;
  leave(): void;
}

/** Tokens on their way to whoever asked. */
export interface Inbox {
  put(token: SampledToken): void;
  fail(error: unknown): void;
  take(): Promise<SampledToken>;
}

export function createInbox(): Inbox {
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
