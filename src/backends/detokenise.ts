/**
 * Tokens to text, one token at a time. A token is not a piece of text: one character may span several tokens (an emoji is
 * four bytes, often four tokens), and many tokenizers write a leading space that depends on the token before. So a new
 * token is decoded together with the tokens before it, and the new part of the text is released once it is whole.
 *
 * The algorithm is vLLM's `detokenize_incrementally` (vllm/transformers_utils/detokenizer_utils.py).
 */

export interface Detokeniser {
  /** Takes the next token and returns the text that is now complete; often one word, sometimes nothing. */
  push(token: number): string;
  /** The text of incomplete characters at the end of an answer (U+FFFD for each), usually nothing. */
  end(): string;
}

/** @param decode tokens to text, special tokens left out; bytes that are no whole character become U+FFFD. */
export function createDetokeniser(decode: (tokens: number[]) => string): Detokeniser {
  /** The tokens last released, which lend their context, then those not yet released. */
  let window: number[] = [];
  let released = 0;
  let releasedText = '';
  return {
    push(token) {
      window.push(token);
      const text = decode(window);
      if (text.endsWith(REPLACEMENT) || text.length <= releasedText.length) return '';
      const fresh = text.slice(releasedText.length);
      window = window.slice(released);
      released = window.length;
      releasedText = decode(window);
      return fresh;
    },
    end() {
      const fresh = decode(window).slice(releasedText.length);
      window = [];
      released = 0;
      releasedText = '';
      return fresh;
    },
  };
}

type Decode = (tokens: readonly number[]) => string;

/** Remembers the texts of single tokens. Every token of an answer is decoded alone once more, and the same ones come again and again. */
export function rememberingSingleTokens(decode: Decode): Decode {
  const known = new Map<number, string>();
  return (tokens) => {
    if (tokens.length !== 1) return decode(tokens);
    const token = tokens[0]!;
    let text = known.get(token);
    if (text === undefined) {
      text = decode(tokens);
      known.set(token, text);
    }
    return text;
  };
}

const REPLACEMENT = '\uFFFD';
