/**
 * A pattern finds the answer in the output; what it captures must be the target. Without a target, the output only has to
 * match. Patterns run in linear time (RE2) unless they use look-around: see pattern.ts.
 */
import { z } from 'zod';
import { type Scorer, scored } from '../score.js';
import { pattern, patternSchema } from '../text/pattern.js';
import { strip, targetsOf } from '../text/text.js';

const options = z.strictObject({
  pattern: patternSchema.min(1),
  take: z.enum(['first', 'last']).default('first').describe('Which match is the answer.'),
  ignoreCase: z
    .boolean()
    .default(false)
    .describe('Whether case is ignored, by the pattern and in the comparison with the target.'),
});

export const regex: Scorer<z.infer<typeof options>> = {
  summary: 'what a pattern captures in the answer equals the target',
  reference: 'lm-evaluation-harness RegexFilter with exact_match; inspect_ai pattern()',
  options,
  score({ output, target }, settings) {
    let answer: string | null = null;
    for (const match of pattern(settings.pattern, { ignoreCase: settings.ignoreCase }).matches(output)) {
      answer = strip(match.groups.find((group) => group !== null && group !== '') ?? match.text);
      if (settings.take === 'first') break;
    }
    if (answer === null) return scored(0, null);
    if (target === null || target === undefined) return scored(1, answer);
    const fold = (text: string) => (settings.ignoreCase ? text.toLowerCase() : text);
    return scored(targetsOf(target).some((one) => fold(strip(one)) === fold(answer)) ? 1 : 0, answer);
  },
};
