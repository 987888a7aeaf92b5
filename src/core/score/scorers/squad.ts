/**
 * SQuAD: exact match and F1 over words, with the best of several gold answers. Before that, letters become small, and punctuation,
 * articles and extra blanks are removed. Version 2.0 adds questions without an answer. For them the empty output is right.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Aggregate, type Scorer, scored } from '../score.js';
import { splitWords, targetsOf, withoutPunctuation } from '../text/text.js';

const options = z.strictObject({
  version: z.enum(['1.1', '2.0']).default('2.0'),
  value: z.enum(['f1', 'exact']).default('f1').describe('Which of the two is the score; the other is in the details.'),
  noAnswer: z
    .string()
    .optional()
    .describe('The words that the prompt wants if there is no answer, such as "unanswerable".'),
});

export const squad: Scorer<z.infer<typeof options>> = {
  summary: 'words shared with the best gold answer: SQuAD exact match and F1',
  reference: 'SQuAD evaluate-v1.1.py and evaluate-v2.0.py',
  options,
  score({ output, target }, settings) {
    const said = normaliseAnswer(output);
    const answer = settings.noAnswer !== undefined && said === normaliseAnswer(settings.noAnswer) ? '' : said;
    const golds = goldAnswers(target, settings.version).map(normaliseAnswer);
    const answerable = golds.some((gold) => gold !== '');
    const exact = golds.includes(answer) ? 1 : 0;
    const f1 = Math.max(...golds.map((gold) => wordF1(answer, gold, settings.version)));
    return scored({ exact, f1 }[settings.value], answer, { exact, f1, answerable });
  },
  aggregate: () => squadMetrics(),
};

/** A target is a list of texts, `{ text: [...] }` as in the Hugging Face data sets, or `[{ text }]` as in the original files. */
function goldAnswers(target: unknown, version: '1.1' | '2.0'): readonly string[] {
  const list = typeof target === 'object' && target !== null && 'text' in target ? target.text : target;
  const texts = (Array.isArray(list) ? list : [list]).map((one) =>
    typeof one === 'object' && one !== null && 'text' in one ? one.text : one,
  );
  if (version === '1.1') return targetsOf(texts);
  const given =
    texts.length === 0 || texts[0] === null ? [] : targetsOf(texts).filter((text) => normaliseAnswer(text) !== '');
  return given.length === 0 ? [''] : given;
}

const ARTICLES = /(?<![\p{L}\p{N}_])(?:an?|the)(?![\p{L}\p{N}_])/gu;

export function normaliseAnswer(text: string): string {
  return splitWords(withoutPunctuation(text.toLowerCase()).replace(ARTICLES, ' ')).join(' ');
}

/** F1 over two bags of words. Two empty answers are equal in version 2.0, and share no word in version 1.1. */
export function wordF1(answer: string, gold: string, version: '1.1' | '2.0' = '2.0'): number {
  const said = splitWords(answer);
  const wanted = splitWords(gold);
  if (version === '2.0' && (said.length === 0 || wanted.length === 0)) return said.length === wanted.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let same = 0;
  for (const word of said) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    same++;
  }
  if (same === 0) return 0;
  const precision = same / said.length;
  const recall = same / wanted.length;
  return (2 * precision * recall) / (precision + recall);
}

/** The figures of evaluate-v2.0.py as shares: of all questions, of those with an answer, and of those without. */
function squadMetrics(): Aggregate {
  const parts = { hasAns: { n: 0, exact: 0, f1: 0 }, noAns: { n: 0, exact: 0, f1: 0 } };
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      const part = score.details?.answerable === true ? parts.hasAns : parts.noAns;
      part.n++;
      part.exact += Number(score.details?.exact);
      part.f1 += Number(score.details?.f1);
    },
    metrics() {
      const { hasAns, noAns } = parts;
      const n = hasAns.n + noAns.n;
      const mean = (sum: number, count: number) =>
        count === 0 ? missing('no such question was scored') : known(sum / count);
      return {
        exact: mean(hasAns.exact + noAns.exact, n),
        f1: mean(hasAns.f1 + noAns.f1, n),
        hasAnsExact: mean(hasAns.exact, hasAns.n),
        hasAnsF1: mean(hasAns.f1, hasAns.n),
        noAnsExact: mean(noAns.exact, noAns.n),
        noAnsF1: mean(noAns.f1, noAns.n),
      };
    },
  };
}
