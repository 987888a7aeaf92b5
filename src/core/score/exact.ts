/** The whole answer must be the target. Blank space at both ends is never part of an answer. */
import { z } from 'zod';
import { type Scorer, scored } from './score.js';

const options = z.strictObject({
  ignoreCase: z.boolean().default(false),
  ignorePunctuation: z.boolean().default(false).describe('Characters of string.punctuation, as lm-eval removes them.'),
  ignoreNumbers: z.boolean().default(false),
});

export const exact: Scorer<z.infer<typeof options>> = {
  summary: 'the answer equals the target',
  reference: 'lm-evaluation-harness exact_match (Hugging Face evaluate)',
  options,
  score({ output, target }, settings) {
    const normalise = (text: string) => {
      let result = text.trim();
      if (settings.ignoreCase) result = result.toLowerCase();
      if (settings.ignorePunctuation) result = result.replace(/[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g, '');
      if (settings.ignoreNumbers) result = result.replace(/[0-9]/g, '');
      return result;
    };
    const targets = Array.isArray(target) ? target : [target];
    const answer = normalise(output);
    return scored(targets.some((one) => normalise(String(one)) === answer) ? 1 : 0, answer);
  },
};
