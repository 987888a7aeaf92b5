/** What our tokenizers make of texts beside what Python's make of them: for the stored table and for a live comparison. */
import { openTokenizer } from '../../src/backends/huggingface/tokenizer.js';
import { UserError } from '../../src/core/errors.js';

export interface TokenizerTable {
  /** The version of Python's `tokenizers`. */
  readonly tokenizers: string;
  readonly texts: readonly string[];
  readonly cases: readonly TokenizerCase[];
}

export interface TokenizerCase {
  readonly name: string;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly encoded: readonly (readonly number[])[];
  readonly decoded: readonly string[];
}

export type Compared = { readonly refused: string } | { readonly differences: readonly string[] };

/** Whether a tokenizer is refused, or the texts of which it makes something else, as `encode "…"` and `decode "…"`. */
export function compareTokenizer({ definition, encoded, decoded }: TokenizerCase, texts: readonly string[]): Compared {
  try {
    const tokenizer = openTokenizer('tokenizer.json', definition, {});
    const differences = texts.flatMap((text, i) => {
      const { ids } = tokenizer.encode(text, { add_special_tokens: true });
      const expected = [...encoded[i]!];
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      const back = expected.length === 0 ? '' : tokenizer.decode(expected, options);
      return [
        ...(JSON.stringify(ids) === JSON.stringify(expected) ? [] : [`encode ${JSON.stringify(text)}`]),
        ...(back === decoded[i] ? [] : [`decode ${JSON.stringify(text)}`]),
      ];
    });
    return { differences };
  } catch (error) {
    if (error instanceof UserError) return { refused: error.message };
    throw error;
  }
}
