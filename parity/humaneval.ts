/** HumanEval: pass@k from the shipped pass flags and, where running code is asked for, the flags from running the programs. */

import type { Evidence, ScoreInput } from '../src/core/score/score.js';
import { code } from '../src/core/score/scorers/code.js';
import { passAtK } from '../src/core/stats/estimate/pass-at-k.js';
import { type Check, figure, flags, type Row } from './check.js';
import { cannotRun, runProgram } from './python.js';
import { judgeWith } from './scoring.js';

/** Of 164. */
const PUBLISHED = { reflexion_gpt4: 150, simple_gpt4: 134, simple_davinci003: 96, simple_gpt35: 42 };

/** Three of davinci-003's passed in its own harness by another composition of prompt and completion. */
const OTHERWISE_COMPOSED = new Set(['HumanEval/133', 'HumanEval/143', 'HumanEval/150']);

export const humaneval: Check = {
  folder: 'humaneval',
  title: 'HumanEval, code',
  *run(data) {
    yield figure('pass@1 of the example, 3 of 6 pass', '0.4999999999999999', passAtK(6, 3, 1));
    const cannot = cannotRun();
    for (const [name, solved] of Object.entries(PUBLISHED)) {
      const rows = data.rows(`${name}_humaneval.jsonl`);
      const judge = judgeWith(code);
      for (const row of rows) judge({ output: row.solution, fields: row, evidence: shipped(row) });
      yield figure(`${name} pass@1 of the shipped flags, of 164`, solved, 164 * judge.metric('pass@1'));
      if (cannot !== null) {
        yield { what: `${name} programs run`, published: '-', found: '-', note: `not run: ${cannot}` };
        continue;
      }
      const comparable = rows.filter((row) => name !== 'simple_davinci003' || !OTHERWISE_COMPOSED.has(row.task_id));
      yield flags(
        `${name} programs run`,
        comparable.map((row) => [row.is_solved === true, passes(row)]),
      );
    }
  },
};

function shipped(row: Row): Evidence {
  return { effect: 'sandbox', result: row.is_solved === true ? 'passed' : 'failed', message: '' };
}

function passes(row: Row): boolean {
  const settings = code.options.parse({ timeout: 10 });
  const input: ScoreInput = { output: row.solution, target: null, fields: row };
  const request = code.request!(input, settings);
  if (request.effect !== 'sandbox') throw new Error('expected a request to run a program');
  const score = code.score({ ...input, evidence: runProgram(request) }, settings);
  return score.state === 'scored' && score.value === 1;
}
