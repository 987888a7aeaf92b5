/**
 * The whole answer must be the target. Blanks at both ends are ignored, unless `trim` is off as in lm-evaluation-harness. The order of
 * normalisation is that of lm-evaluation-harness: patterns, case, punctuation, digits.
 */
import { z } from 'zod';
import { type Scorer, scored } from '../score.js';
import { pattern, patternSchema } from '../text/pattern.js';
import { strip, targetsOf, withoutPunctuation } from '../text/text.js';

const options = z.strictObject({
  trim: z.boolean().default(true).describe('Whether blanks at both ends are ignored.'),
  ignoreCase: z.boolean().default(false),
  ignorePunctuation: z
    .boolean()
    .default(false)
    .describe('Whether the characters of string.punctuation are removed, as in lm-eval.'),
  ignoreNumbers: z.boolean().default(false).describe('Whether the digits 0 to 9 are removed.'),
  regexesToIgnore: z
    .array(patternSchema)
    .default([])
    .describe('The patterns whose matches are removed from answer and target first, in this order.'),
});

export type ExactOptions = z.infer<typeof options>;

export const exact: Scorer<ExactOptions> = {
  summary: 'the answer equals the target',
  reference: 'lm-evaluation-harness exact_match (Hugging Face evaluate)',
  options,
  score({ output, target }, settings) {
    const answer = normalise(output, settings);
    const right = targetsOf(target).some((one) => normalise(one, settings) === answer);
    return scored(right ? 1 : 0, answer);
  },
};

function normalise(text: string, settings: ExactOptions): string {
  let result = settings.trim ? strip(text) : text;
  for (const source of settings.regexesToIgnore) result = pattern(source).replace(result, '');
  if (settings.ignoreCase) result = result.toLowerCase();
  if (settings.ignorePunctuation) result = withoutPunctuation(result);
  if (settings.ignoreNumbers) result = result.replace(/[0-9]/g, '');
  return settings.trim ? strip(result) : result;
}
