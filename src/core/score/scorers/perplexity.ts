/**
 * How likely is a given text: the last word of LAMBADA, or a whole document? For a single word, the score says whether the model would
 * have written it (every token is the likeliest one). For a text, it says how surprised the model was. A cell has the perplexities. They
 * are not means of scores, but the exponential of the surprise per sample, word, byte or token, over all texts together.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Aggregate, type Scorer, scored, unscored } from '../score.js';
import { byteLength, countPieces } from '../text/text.js';

const options = z.strictObject({
  value: z
    .enum(['greedy', 'byte-probability'])
    .default('byte-probability')
    .describe(
      'The score: whether every token is the likeliest one, or the geometric mean of the probability of a byte.',
    ),
});

export const perplexity: Scorer<z.infer<typeof options>> = {
  summary: 'how likely the model finds a given text; a cell adds perplexity and bits per byte (log-likelihoods)',
  reference: 'lm-evaluation-harness perplexity, word_perplexity, byte_perplexity, bits_per_byte; acc of lambada',
  options,
  needs: 'loglikelihoods',
  /** The evidence has the log-likelihoods of the pieces of one text, which are in the row under `choices`. */
  score({ fields, evidence }, { value }) {
    if (evidence?.effect !== 'loglikelihoods') return unscored('there is no log-likelihood of the text');
    const text = [fields.choices].flat().map(String).join('');
    const loglikelihood = sum(evidence.conditional);
    const bytes = byteLength(text);
    const greedy = evidence.greedy?.every(Boolean);
    if (value === 'greedy' && greedy === undefined)
      return unscored('the engine does not say which tokens it would take');
    const probability = Math.min(1, Math.exp(loglikelihood / Math.max(1, bytes)));
    return scored(value === 'greedy' ? Number(greedy) : probability, text, {
      loglikelihood,
      words: countPieces(text),
      bytes,
      ...(evidence.tokens && { tokens: sum(evidence.tokens) }),
      ...(greedy !== undefined && { greedy }),
    });
  },
  aggregate: () => perplexities(),
};

function perplexities(): Aggregate {
  const totals = { loglikelihood: 0, samples: 0, words: 0, bytes: 0, tokens: 0, greedy: 0, asked: 0 };
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      const { loglikelihood, words, bytes, tokens, greedy } = score.details ?? {};
      totals.loglikelihood += Number(loglikelihood);
      totals.samples++;
      totals.words += Number(words);
      totals.bytes += Number(bytes);
      totals.tokens += tokens === undefined ? 0 : Number(tokens);
      totals.greedy += greedy === true ? 1 : 0;
      totals.asked += greedy === undefined ? 0 : 1;
    },
    metrics() {
      const surprise = (per: number, what: string) =>
        per === 0 ? missing(`no ${what} was measured`) : known(-totals.loglikelihood / per);
      const exponential = (per: number, what: string) => {
        const found = surprise(per, what);
        return 'missing' in found ? found : known(Math.exp(found.value));
      };
      const bits = surprise(totals.bytes, 'byte');
      return {
        perplexity: exponential(totals.samples, 'text'),
        wordPerplexity: exponential(totals.words, 'word'),
        bytePerplexity: exponential(totals.bytes, 'byte'),
        tokenPerplexity: exponential(totals.tokens, 'token'),
        bitsPerByte: 'missing' in bits ? bits : known(bits.value / Math.LN2),
        greedy:
          totals.asked === 0
            ? missing('the engine does not say which tokens it would take')
            : known(totals.greedy / totals.asked),
      };
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
