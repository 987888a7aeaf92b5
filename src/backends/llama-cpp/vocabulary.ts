/** Text to tokens and back, as the model's own tokenizer has it and with the special tokens that llama.cpp adds. */
import { rememberingSingleTokens } from '../detokenise.js';
import type { Tokenizer } from './engine.js';

export interface Vocabulary {
  /**
   * Text to tokens, with the beginning-of-text token first where the model wants one (`add_bos_token`) and the text does
   * not have it. `<|end|>` and the like are the tokens they name, as in llama-server and in transformers.
   */
  encode(text: string): readonly number[];
  /** Tokens to text, special ones too; bytes that are no whole character become U+FFFD. */
  decode(tokens: readonly number[]): string;
  endsAnswer(token: number): boolean;
  /** What stands for an empty context: the token that begins a text, or that ends one. */
  readonly emptyContext: number;
}

export function createVocabulary({ bos, eos, addBos, ...tokenizer }: Tokenizer): Vocabulary {
  const prefix = addBos ? bos : null;
  const emptyContext = bos ?? eos ?? 0;
  return {
    emptyContext,
    encode(text) {
      const tokens = tokenizer.tokenize(text);
      if (prefix !== null && tokens[0] !== prefix) tokens.unshift(prefix);
      return tokens.length === 0 ? [emptyContext] : tokens;
    },
    decode: rememberingSingleTokens(tokenizer.detokenize),
    endsAnswer: (token) => token === eos || tokenizer.isEndOfGeneration(token),
  };
}
