/**
 * A program must pass its tests. This file joins the program with its tests, and judges the outcome. The shell runs it, in a sandbox
 * without network and with limits of time and memory, and only if the user asks for it: nobody has read the program.
 *
 *     humaneval   prompt + completion + test + check(entry_point), as in openai/human-eval. A completion that defines the
 *                 entry point itself replaces the prompt
 *     mbpp        completion + test_setup_code + test_list
 */
import { z } from 'zod';
import { passRates } from '../pass-at-k.js';
import { withoutFence } from '../read/json-value.js';
import { SampleError, type ScoreInput, type Scorer, scored, unscored } from '../score.js';

const options = z.strictObject({
  format: z.enum(['humaneval', 'mbpp']).default('humaneval').describe('The data set whose fields the row has.'),
  timeout: z.number().positive().default(3).describe('The seconds that a program may take.'),
  k: z
    .array(z.int().positive())
    .min(1)
    .default([1])
    .describe('The k of each pass@k that a report has. It needs k repetitions.'),
});

export type CodeOptions = z.infer<typeof options>;

export const code: Scorer<CodeOptions> = {
  summary: 'the program passes its tests; a cell adds pass@k',
  reference: 'openai/human-eval, google-research/mbpp',
  options,
  needs: 'sandbox',
  request(input, settings) {
    return { effect: 'sandbox', language: 'python', ...programOf(input, settings), timeout: settings.timeout };
  },
  score({ output, evidence }) {
    if (output.trim() === '') return scored(0, null);
    if (evidence?.effect !== 'sandbox') return unscored('the program was not run; --run-code runs it');
    return scored(evidence.result === 'passed' ? 1 : 0, output, { result: evidence.result, message: evidence.message });
  },
  aggregate: ({ k }) => passRates(k),
};

/** A program and the tests that it must pass, in Python. */
export interface Program {
  readonly program: string;
  readonly tests: string;
}

export function programOf({ output, fields }: ScoreInput, { format }: Pick<CodeOptions, 'format'>): Program {
  const completion = withoutFence(output);
  switch (format) {
    case 'humaneval': {
      const [prompt, test, entry] = [text(fields, 'prompt'), text(fields, 'test'), text(fields, 'entry_point')];
      const whole = completion.startsWith(`def ${entry}(`) || completion.includes(`\ndef ${entry}(`);
      return { program: whole ? completion : prompt + completion, tests: `${test}\ncheck(${entry})` };
    }
    case 'mbpp': {
      const tests = fields.test_list;
      if (!Array.isArray(tests) || tests.length === 0) throw new SampleError('expected a list test_list in the row');
      const setup = fields.test_setup_code ?? '';
      return { program: completion, tests: [setup, ...tests].filter((part) => part !== '').join('\n') };
    }
  }
}

function text(fields: ScoreInput['fields'], name: string): string {
  const value = fields[name];
  if (typeof value !== 'string')
    throw new SampleError(`expected a text ${name} in the row, found ${JSON.stringify(value) ?? 'nothing'}`);
  return value;
}
