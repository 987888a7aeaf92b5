/**
 * The answer must mention texts of the target: one of them, all of them, or as many as possible. This fits replies in free words that
 * must contain a fact (an order number, a deadline, an address).
 */
import { z } from 'zod';
import { SampleError, type Scorer, scored } from '../score.js';
import { strip, targetsOf } from '../text/text.js';

const options = z.strictObject({
  match: z
    .enum(['any', 'all', 'fraction'])
    .default('any')
    .describe('What several targets mean: one is enough, all are needed, or the score is the share that was found.'),
  ignoreCase: z.boolean().default(true),
  wholeWords: z.boolean().default(false).describe('Whether a target counts only if no letter or digit touches it.'),
});

export const includes: Scorer<z.infer<typeof options>> = {
  summary: 'the answer mentions the target, or the targets',
  reference: 'inspect_ai includes(); promptfoo contains, contains-all, contains-any',
  options,
  score({ output, target }, settings) {
    const fold = (text: string) => (settings.ignoreCase ? text.toLowerCase() : text);
    const answer = fold(output);
    const targets = targetsOf(target).map(strip);
    if (targets.includes(''))
      throw new SampleError('expected a text as target, found an empty one, which every answer has');
    const found = targets.filter((one) => mentions(answer, fold(one), settings.wholeWords));
    const share = found.length / targets.length;
    const value = { any: found.length > 0 ? 1 : 0, all: share === 1 ? 1 : 0, fraction: share }[settings.match];
    const details = targets.length > 1 ? { found: found.length, expected: targets.length } : undefined;
    return scored(value, found.length > 0 ? found.join(', ') : null, details);
  },
};

function mentions(text: string, target: string, wholeWords: boolean): boolean {
  for (let at = text.indexOf(target); at >= 0; at = text.indexOf(target, at + 1)) {
    if (!wholeWords || !(touches(text, at - 1, target[0]) || touches(text, at + target.length, target.at(-1))))
      return true;
  }
  return false;
}

/** Whether the character at a place continues the word of `edge`, which is an end of the target. */
function touches(text: string, at: number, edge: string | undefined): boolean {
  const WORD = /[\p{L}\p{N}_]/u;
  return edge !== undefined && WORD.test(edge) && at >= 0 && at < text.length && WORD.test(text[at]!);
}
