/** OpenAI's GSM8K solutions of four models, each with the flag that OpenAI gave it. Answers end in "A: n", gold in "#### n". */
import { number } from '../src/core/score/scorers/number.js';
import { type Check, figure, flags } from './check.js';
import { judgeWith } from './scoring.js';

const PUBLISHED = { '6b_finetuning': 286, '6b_verification': 515, '175b_finetuning': 458, '175b_verification': 742 };

export const gsm8k: Check = {
  folder: 'gsm8k',
  title: 'GSM8K, number',
  *run(data) {
    const gold = data.rows('test.jsonl');
    const solutions = data.rows('example_model_solutions.jsonl');
    for (const [model, right] of Object.entries(PUBLISHED)) {
      const judge = judgeWith(number, { convention: 'gsm8k', marker: 'A:', take: 'last' });
      const pairs = solutions.map((row, index) => {
        const score = judge({ output: row[model].solution, target: gold[index]!.answer });
        return [row[model].is_correct === true, score.value === 1] as const;
      });
      yield figure(`${model} correct of 1,319`, right, pairs.filter(([, found]) => found).length);
      yield flags(`${model} is_correct`, pairs);
    }
  },
};
