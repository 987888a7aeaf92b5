/** Regular expressions as suites write them, made up of the parts on which engines lose time, over long answers. */
import { UserError } from '../src/core/errors.js';
import { pattern, patternSchema } from '../src/core/score/text/pattern.js';
import type { Random } from '../src/core/stats/basics/random.js';
import { answerFor, inChild, serve } from './child.js';
import { mutateText, pick } from './mutate.js';
import type { Part } from './part.js';

const LIMITS = { time: 60, memory: 2 ** 30 };

interface Input {
  readonly source: string;
  readonly text: string;
}

const ATOMS = [
  'a',
  '.',
  '\\s',
  '\\w',
  '\\d',
  '[a-z ]',
  '[^:]',
  'answer',
  '(a|b)',
  '(?:ab?)',
  '\\b',
  '$',
  '^',
  '\\p{L}',
  '🙂',
  '(?<n>x)',
];
const REPEATS = ['', '', '*', '+', '?', '*?', '+?', '{2,}', '{1,50}', '{999}', '{0,1000}'];
const AROUND = ['', '', '(?=a)', '(?!b)', '(?<=answer)', '(?<!x)', '\\1', '(?i)', '\\k<n>', '(?>a+)', 'a++'];

const TEXTS: readonly string[] = [
  'a'.repeat(17_000),
  `answer${' '.repeat(17_000)}`,
  'answer: '.repeat(2000),
  'a b '.repeat(4000),
  'é🙂 x:'.repeat(3000),
  'a'.repeat(1_000_000),
  '',
];

export const patterns: Part = {
  about: 'regular expressions made of what engines lose time on, over long answers',
  cases: { quick: 60, long: 600 },
  async open() {
    return inChild<Input>({
      file: import.meta.filename,
      limits: LIMITS,
      make: (random) => ({ source: madeUp(random), text: pick(TEXTS, random) }),
      describe: ({ source, text }) =>
        `${JSON.stringify(source)} on ${text.length} of ${JSON.stringify(text.slice(0, 12))}`,
    });
  },
};

function madeUp(random: Random): string {
  let source = pick(AROUND, random);
  for (let part = 1 + random.below(6); part > 0; part--) {
    const atom = pick(ATOMS, random) + pick(REPEATS, random);
    source += random.below(4) === 0 ? `(${atom})${pick(REPEATS, random)}` : atom;
    if (random.below(5) === 0) source += pick(AROUND, random);
  }
  return random.below(4) === 0 ? mutateText(source, random) : source;
}

serve<Input>(async ({ source, text }) => {
  if (!patternSchema.safeParse(source).success) return { ended: 'refused', shown: [] };
  try {
    const expression = pattern(source);
    let matches = 0;
    for (const _ of expression.matches(text)) if (++matches === 10_000) break;
    expression.test(text);
    return { ended: 'matched', shown: [] };
  } catch (error) {
    return answerFor(error, [UserError]);
  }
});
